#include <pybind11/stl.h>

#include <vector>

#include "mace/python/bindings.h"

namespace mace {

namespace py = pybind11;

namespace {

void AddStatistics(py::module_* module) {
  py::class_<CpuNode>(*module, "CpuNode")
      .def_readonly("name", &CpuNode::name)
      .def_readonly("type", &CpuNode::type)
      .def_readonly("why", &CpuNode::why);
  py::class_<CacheStatistics>(*module, "CacheStatistics")
      .def_readonly("file", &CacheStatistics::file)
      .def_readonly("status", &CacheStatistics::status)
      .def_readonly("reason", &CacheStatistics::reason)
      .def_readonly("hits", &CacheStatistics::hits)
      .def_readonly("misses", &CacheStatistics::misses)
      .def_readonly("built_from_source", &CacheStatistics::built_from_source)
      .def_readonly("loaded_bytes", &CacheStatistics::loaded_bytes)
      .def_readonly("written_ms", &CacheStatistics::written_ms);
  py::class_<TuningStatistics>(*module, "TuningStatistics")
      .def_readonly("plan", &TuningStatistics::plan)
      .def_readonly("level", &TuningStatistics::level)
      .def_readonly("measured", &TuningStatistics::measured)
      .def_readonly("found", &TuningStatistics::found)
      .def_readonly("left", &TuningStatistics::left)
      .def_readonly("ms", &TuningStatistics::ms);
  py::class_<Statistics>(*module, "Statistics")
      .def_readonly("device", &Statistics::device)
      .def_readonly("driver", &Statistics::driver)
      .def_readonly("compile_ms", &Statistics::compile_ms)
      .def_readonly("device_open_ms", &Statistics::device_open_ms)
      .def_readonly("program_ms", &Statistics::program_ms)
      .def_readonly("batch_slices", &Statistics::batch_slices)
      .def_readonly("launches_per_run", &Statistics::launches_per_run)
      .def_readonly("gpu_image_nodes", &Statistics::gpu_image_nodes)
      .def_readonly("gpu_buffer_nodes", &Statistics::gpu_buffer_nodes)
      .def_readonly("cpu_nodes", &Statistics::cpu_nodes)
      .def_readonly("folded_nodes", &Statistics::folded_nodes)
      .def_readonly("cpu_node_list", &Statistics::cpu_node_list)
      .def_readonly("tuning", &Statistics::tuning)
      .def_readonly("cache", &Statistics::cache)
      .def_readonly("plans", &Statistics::plans)
      .def_readonly("device_bytes", &Statistics::device_bytes)
      .def_readonly("peak_device_bytes", &Statistics::peak_device_bytes)
      .def_readonly("runs", &Statistics::runs);
  py::class_<RunStatistics>(*module, "RunStatistics")
      .def_readonly("latency_ms", &RunStatistics::latency_ms)
      .def_readonly("made_plan", &RunStatistics::made_plan);
}

// A file may hold any bytes, of which names must not keep a model from being used.
py::tuple DimNames(const TensorSpec& spec) {
  py::tuple names(spec.dim_names.size());
  for (size_t i = 0; i < spec.dim_names.size(); ++i) {
    const std::string& name = spec.dim_names[i];
    names[i] = py::reinterpret_steal<py::object>(
        PyUnicode_DecodeUTF8(name.data(), static_cast<Py_ssize_t>(name.size()), "replace"));
  }
  return names;
}

std::vector<Device> Devices(CompileOptions::Environment environment) {
  const StatusOr<std::vector<Device>> devices =
      WithoutGil([&] { return ListDevices(environment); });
  RaiseIfError(devices.status());
  return *devices;
}

}  // namespace

void AddRecords(py::module_* module) {
  py::class_<TensorSpec>(*module, "TensorSpec")
      .def_readonly("name", &TensorSpec::name)
      .def_property_readonly("dtype", [](const TensorSpec& spec) { return DTypeName(spec.dtype); })
      .def_property_readonly("shape",
                             [](const TensorSpec& spec) { return py::tuple(py::cast(spec.dims)); })
      .def_readonly("layout", &TensorSpec::layout)
      .def_property_readonly("dim_names", &DimNames);
  py::class_<Device>(*module, "Device")
      .def_readonly("name", &Device::name)
      .def_readonly("vendor", &Device::vendor)
      .def_readonly("platform", &Device::platform)
      .def_readonly("platform_version", &Device::platform_version)
      .def_readonly("version", &Device::version)
      .def_readonly("driver", &Device::driver)
      .def_readonly("type", &Device::type)
      .def_readonly("compute_units", &Device::compute_units)
      .def_readonly("clock_mhz", &Device::clock_mhz)
      .def_readonly("memory_bytes", &Device::memory_bytes)
      .def_readonly("max_allocation_bytes", &Device::max_allocation_bytes)
      .def_readonly("local_memory_bytes", &Device::local_memory_bytes)
      .def_readonly("max_work_group_size", &Device::max_work_group_size)
      .def_readonly("images", &Device::images)
      .def_readonly("max_image_width", &Device::max_image_width)
      .def_readonly("max_image_height", &Device::max_image_height)
      .def_readonly("half_images", &Device::half_images)
      .def_readonly("half_arithmetic", &Device::half_arithmetic)
      .def_readonly("host_unified_memory", &Device::host_unified_memory)
      .def_readonly("is_default", &Device::is_default)
      .def_readonly("uuid", &Device::uuid)
      .def_readonly("pci_address", &Device::pci_address);
  py::class_<SaveReport>(*module, "SaveReport")
      .def_readonly("data_path", &SaveReport::data_path)
      .def_readonly("nodes", &SaveReport::nodes)
      .def_readonly("model_bytes", &SaveReport::model_bytes)
      .def_readonly("data_bytes", &SaveReport::data_bytes)
      .def_readonly("beyond_upstream", &SaveReport::beyond_upstream);
  AddStatistics(module);
  module->def("list_devices", &Devices, py::arg("environment"));
}

}  // namespace mace
