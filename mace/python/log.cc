#include <memory>
#include <string>

#include "mace/python/bindings.h"
#include "mace/python/python_objects.h"

namespace mace {

namespace py = pybind11;

namespace {

const char* LevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kError:
      return "error";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kDebug:
      return "debug";
  }
  return "debug";
}

// `sink` is called as sink(level, line); None: stderr again.
void SetSink(const py::object& sink) {
  LogSink call;
  if (!sink.is_none()) {
    call = [sink = Hold(sink)](LogLevel level, const std::string& line) {
      CallPython(sink, "log sink", LevelName(level), line);
    };
  }
  py::gil_scoped_release release;
  SetLogSink(std::move(call));
}

}  // namespace

void AddLog(py::module_* module) {
  py::enum_<LogLevel>(*module, "LogLevel")
      .value("error", LogLevel::kError)
      .value("warning", LogLevel::kWarning)
      .value("info", LogLevel::kInfo)
      .value("debug", LogLevel::kDebug);
  module->def("set_log_level", &SetLogLevel, py::arg("level"));
  module->def("set_log_sink", &SetSink, py::arg("sink"));
}

}  // namespace mace
