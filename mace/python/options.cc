#include <pybind11/stl.h>

#include <string>

#include "mace/python/arrays.h"
#include "mace/python/bindings.h"
#include "mace/python/python_objects.h"

namespace mace {

namespace py = pybind11;

namespace {

void SetValue(LoadOptions* options, const std::string& name, const py::array& array) {
  options->values[name] = ViewOfArray(array);
}

// `callable` is called as callable(measured, total, milliseconds); tuning stops if it returns
// False.
void SetTuningProgress(CompileOptions* options, py::object callable) {
  options->tuning_progress =
      [callable = Hold(std::move(callable))](const CompileOptions::TuningProgress& progress) {
        return CallPython(callable, "tuning_progress", progress.done, progress.total,
                          progress.elapsed_ms);
      };
}

// The words of the options, which are those of the command line.
void AddWords(py::module_* module) {
  py::enum_<CompileOptions::Storage>(*module, "Storage")
      .value("auto", CompileOptions::Storage::kAuto)
      .value("image", CompileOptions::Storage::kImage)
      .value("buffer", CompileOptions::Storage::kBuffer);
  py::enum_<CompileOptions::Precision>(*module, "Precision")
      .value("fp32", CompileOptions::Precision::kFloat32)
      .value("tf32", CompileOptions::Precision::kTf32)
      .value("fp16", CompileOptions::Precision::kFloat16);
  py::enum_<CompileOptions::Tuning>(*module, "Tuning")
      .value("none", CompileOptions::Tuning::kNone)
      .value("fast", CompileOptions::Tuning::kFast)
      .value("full", CompileOptions::Tuning::kFull);
  py::enum_<CompileOptions::Environment>(*module, "Environment")
      .value("when_needed", CompileOptions::Environment::kWhenNeeded)
      .value("never", CompileOptions::Environment::kNever);
}

}  // namespace

void AddOptions(py::module_* module) {
  AddWords(module);
  py::class_<LoadOptions>(*module, "LoadOptions")
      .def(py::init<>())
      .def_readwrite("data_path", &LoadOptions::data_path)
      .def_readwrite("input_dims", &LoadOptions::input_dims)
      .def_readwrite("dynamic_dims", &LoadOptions::dynamic_dims)
      .def_readwrite("inputs", &LoadOptions::inputs)
      .def_readwrite("outputs", &LoadOptions::outputs)
      .def_readwrite("signature", &LoadOptions::signature)
      .def_readwrite("host_memory_limit", &LoadOptions::host_memory_limit)
      .def("set_value", &SetValue, py::arg("name"), py::arg("array"));
  py::class_<CompileOptions::Cache>(*module, "CacheOptions")
      .def_readwrite("path", &CompileOptions::Cache::path)
      .def_readwrite("size_limit", &CompileOptions::Cache::size_limit)
      .def_readwrite("public_key", &CompileOptions::Cache::public_key)
      .def_readwrite("min_generation", &CompileOptions::Cache::min_generation)
      .def_readwrite("allow_shared", &CompileOptions::Cache::allow_shared)
      .def_readwrite("read_only", &CompileOptions::Cache::read_only)
      .def_readwrite("save_after_first_run", &CompileOptions::Cache::save_after_first_run);
  py::class_<CompileOptions::Limits>(*module, "Limits")
      .def_readwrite("host_bytes", &CompileOptions::Limits::host_bytes)
      .def_readwrite("device_bytes", &CompileOptions::Limits::device_bytes)
      .def_readwrite("kept_plans", &CompileOptions::Limits::kept_plans)
      .def_readwrite("kept_plan_bytes", &CompileOptions::Limits::kept_plan_bytes);
  py::class_<CompileOptions>(*module, "CompileOptions")
      .def(py::init<>())
      .def_readwrite("device", &CompileOptions::device)
      .def_readwrite("storage", &CompileOptions::storage)
      .def_readwrite("precision", &CompileOptions::precision)
      .def_readwrite("tuning", &CompileOptions::tuning)
      .def_readwrite("allow_cpu_fallback", &CompileOptions::allow_cpu_fallback)
      .def_readwrite("separate_launches", &CompileOptions::separate_launches)
      .def_readwrite("split_batch", &CompileOptions::split_batch)
      .def_readwrite("environment", &CompileOptions::environment)
      .def_readonly("cache", &CompileOptions::cache)
      .def_readonly("limits", &CompileOptions::limits)
      .def("set_tuning_progress", &SetTuningProgress, py::arg("callable"));
}

}  // namespace mace
