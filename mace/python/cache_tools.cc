#include <pybind11/stl.h>

#include "mace/base/hash.h"
#include "mace/cache/info.h"
#include "mace/cache/maintain.h"
#include "mace/cache/verify.h"
#include "mace/python/arrays.h"
#include "mace/python/engine.h"

namespace mace {

namespace py = pybind11;

namespace {

py::dict Info(const py::object& path) {
  StatusOr<CacheFileInfo> info = ReadCacheFileInfo(py::str(path).cast<std::string>());
  RaiseIfError(info.status());
  py::list devices, programs;
  for (const CacheDeviceInfo& device : info->devices) {
    py::dict entry;
    entry["name"] = device.device.name;
    entry["platform"] = device.device.platform_name;
    entry["driver_version"] = device.device.driver_version;
    entry["programs"] = device.programs;
    entry["kernels"] = device.kernels;
    entry["tuning_records"] = device.tuning_records;
    entry["binary_bytes"] = device.binary_bytes;
    devices.append(entry);
  }
  for (const CacheProgramInfo& program : info->programs) {
    py::list kernels;
    for (const CachedKernel& kernel : program.kernels) kernels.append(kernel.name);
    py::dict entry;
    entry["key"] = ToHex(DigestBytes(program.key));
    entry["device"] = program.device;
    entry["section_offset"] = program.section_offset;
    entry["section_size"] = program.section_size;
    entry["last_used"] = program.last_used;
    entry["kernels"] = kernels;
    programs.append(entry);
  }
  py::dict result;
  result["path"] = info->path;
  result["version"] = VersionText(info->header.version);
  result["distrust"] = info->distrust;
  result["devices"] = devices;
  result["programs"] = programs;
  result["tuning_records"] = info->tuning.size();
  return result;
}

void Verify(const py::object& path) {
  RaiseIfError(VerifyCacheFile(py::str(path).cast<std::string>()));
}

void Merge(const std::vector<std::string>& inputs, const std::string& output) {
  RaiseIfError(MergeCacheFiles(inputs, output));
}

size_t Prune(const py::object& path, uint64_t size_limit, uint32_t largest_age) {
  StatusOr<size_t> dropped =
      PruneCacheFile(py::str(path).cast<std::string>(), {size_limit, largest_age});
  RaiseIfError(dropped.status());
  return *dropped;
}

}  // namespace

void AddCacheTools(py::module_* module) {
  module->def("cache_info", &Info, py::arg("path"));
  module->def("cache_verify", &Verify, py::arg("path"));
  module->def("cache_merge", &Merge, py::arg("inputs"), py::arg("output"));
  module->def("cache_prune", &Prune, py::arg("path"), py::arg("size_limit") = UINT64_MAX,
              py::arg("largest_age") = UINT32_MAX);
}

}  // namespace mace
