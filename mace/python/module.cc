// The extension module mace._mace, on which the package `mace` (source/) is built.
#include <pybind11/pybind11.h>

#include "mace/python/bindings.h"

namespace mace {

namespace py = pybind11;

namespace {

const char* CodeName(StatusCode code) {
  switch (code) {
    case StatusCode::kOk:
      return "ok";
    case StatusCode::kInvalidArgument:
      return "invalid_argument";
    case StatusCode::kNotFound:
      return "not_found";
    case StatusCode::kCorruption:
      return "corruption";
    case StatusCode::kUnsupported:
      return "unsupported";
    case StatusCode::kIoError:
      return "io_error";
    case StatusCode::kDeviceError:
      return "device_error";
    case StatusCode::kResourceExhausted:
      return "resource_exhausted";
    case StatusCode::kFailedPrecondition:
      return "failed_precondition";
    case StatusCode::kInternal:
      return "internal";
    case StatusCode::kCancelled:
      return "cancelled";
    case StatusCode::kDeadlineExceeded:
      return "deadline_exceeded";
    case StatusCode::kDeviceLost:
      return "device_lost";
  }
  return "internal";
}

// The exception class mace.Error; kept for the life of the process.
PyObject* g_error = nullptr;

}  // namespace

void Raise(const Status& status) {
  py::object error = py::reinterpret_borrow<py::object>(g_error)(status.message());
  error.attr("code") = CodeName(status.code());
  PyErr_SetObject(g_error, error.ptr());
  throw py::error_already_set();
}

}  // namespace mace

PYBIND11_MODULE(_mace, module) {
  module.doc() = "mace: neural networks on OpenCL devices that start warm";
  mace::g_error =
      PyErr_NewExceptionWithDoc("mace.Error", "A failure of the engine; `code` says of which kind.",
                                PyExc_RuntimeError, nullptr);
  if (mace::g_error == nullptr) throw pybind11::error_already_set();
  module.attr("Error") = pybind11::reinterpret_borrow<pybind11::object>(mace::g_error);
  module.attr("VERSION") = mace::Version();
  mace::AddRecords(&module);
  mace::AddOptions(&module);
  mace::AddModels(&module);
  mace::AddLog(&module);
  mace::AddCompare(&module);
  mace::AddCacheTools(&module);
}
