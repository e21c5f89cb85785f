#include <pybind11/stl.h>

#include "mace/base/hash.h"
#include "mace/cache/info.h"
#include "mace/cache/maintain.h"
#include "mace/cache/signing.h"
#include "mace/cache/verify.h"
#include "mace/python/bindings.h"

namespace mace {

namespace py = pybind11;

namespace {

py::dict Info(const py::object& path) {
  const std::string name = py::str(path).cast<std::string>();
  const StatusOr<CacheFileInfo> info = WithoutGil([&] { return ReadCacheFileInfo(name); });
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
  const std::string name = py::str(path).cast<std::string>();
  RaiseIfError(WithoutGil([&] { return VerifyCacheFile(name); }));
}

// `key`: the file of a secret key, or None; `is_unsigned`: a signed file may lose its signature.
RewriteOptions ToRewriteOptions(const py::object& key, bool is_unsigned) {
  RewriteOptions options;
  options.drop_signature = is_unsigned;
  if (key.is_none()) return options;
  const StatusOr<SigningKey> read = ReadSigningKey(py::str(key).cast<std::string>());
  RaiseIfError(read.status());
  options.signing_key = *read;
  return options;
}

void Merge(const std::vector<std::string>& inputs, const std::string& output, const py::object& key,
           bool is_unsigned) {
  const RewriteOptions options = ToRewriteOptions(key, is_unsigned);
  RaiseIfError(WithoutGil([&] { return MergeCacheFiles(inputs, output, options); }));
}

size_t Prune(const py::object& path, const PruneOptions& prune, const RewriteOptions& rewrite) {
  const std::string name = py::str(path).cast<std::string>();
  const StatusOr<size_t> dropped = WithoutGil([&] { return PruneCacheFile(name, prune, rewrite); });
  RaiseIfError(dropped.status());
  return *dropped;
}

}  // namespace

void AddCacheTools(py::module_* module) {
  module->def("cache_info", &Info, py::arg("path"));
  module->def("cache_verify", &Verify, py::arg("path"));
  module->def("cache_merge", &Merge, py::arg("inputs"), py::arg("output"),
              py::arg("key") = py::none(), py::arg("unsigned") = false);
  module->def(
      "cache_prune",
      [](const py::object& path, uint64_t size_limit, uint32_t largest_age, const py::object& key,
         bool is_unsigned) {
        return Prune(path, {size_limit, largest_age}, ToRewriteOptions(key, is_unsigned));
      },
      py::arg("path"), py::arg("size_limit") = UINT64_MAX, py::arg("largest_age") = UINT32_MAX,
      py::arg("key") = py::none(), py::arg("unsigned") = false);
}

}  // namespace mace
