// From a model and the settings of a GPUContext to a compiled model. Internal.
//
// Thread contract: thread-safe.
#ifndef MACE_COMPAT_COMPILE_H_
#define MACE_COMPAT_COMPILE_H_

#include <sys/stat.h>

#include <string>
#include <vector>

#include "mace/compat/config.h"
#include "mace/compat/tensor_conversion.h"
#include "mace/compat/types.h"
#include "mace/mace.h"

namespace mace {
namespace compat_internal {

inline bool Exists(const std::string& path) {
  struct stat info;
  return stat(path.c_str(), &info) == 0;
}

// kInvalidArgument for a name that the model does not have, and for no output.
inline Status CheckNames(const Model& model, const std::vector<std::string>& input_nodes,
                         const std::vector<std::string>& output_nodes) {
  for (const std::string& name : input_nodes) {
    if (FindSpec(model.inputs(), name) != nullptr) continue;
    return InvalidArgument("input_nodes: expected names among " + NamesText(model.inputs()) +
                           ", found '" + name + "'");
  }
  for (const std::string& name : output_nodes) {
    if (FindSpec(model.outputs(), name) != nullptr) continue;
    return InvalidArgument("output_nodes: expected names among " + NamesText(model.outputs()) +
                           ", found '" + name + "'");
  }
  if (output_nodes.empty()) return InvalidArgument("output_nodes: expected names, found none");
  return Status();
}

// The programs that are shipped with the app, as a cache that is only read; without a path and
// bytes if there are none.
inline CompileOptions::Cache ShippedCache(const GPUContext& context) {
  CompileOptions::Cache cache;
  cache.read_only = true;
  if (context.binary() != nullptr) {
    cache.memory.data = context.binary()->data();
    cache.memory.size = context.binary()->size();
    cache.memory.owner = context.binary();
  } else {
    cache.path = context.BinaryFile();
  }
  return cache;
}

// Compiles for the GPU. The cache file is used if it exists. Before it exists, shipped programs
// are tried: if all of them fit the device and its driver, no file is written. Otherwise the model
// is compiled once more, now into the cache file, which the next starts find.
inline StatusOr<CompiledModel> CompileForGpu(const Model& model, const GPUContext& context) {
  CompileOptions options;
  const std::string& file = context.cache_file();
  options.cache = ShippedCache(context);
  const bool is_shipped = !options.cache.path.empty() || options.cache.memory.data != nullptr;
  if (is_shipped && (file.empty() || !Exists(file))) {
    StatusOr<CompiledModel> compiled = CompiledModel::Compile(model, options);
    if (!compiled.ok() || file.empty()) return compiled;
    if (compiled->statistics().cache.status == "warm") return compiled;
  }
  options.cache = CompileOptions::Cache();
  options.cache.path = file;
  return CompiledModel::Compile(model, options);
}

// kUnsupported for a runtime other than the CPU and OpenCL; else the errors of
// CompiledModel::Compile. `context` may be null.
inline StatusOr<CompiledModel> Compile(const Model& model, RuntimeType runtime,
                                       const GPUContext* context) {
  CompileOptions options;
  switch (runtime) {
    case RT_CPU:
      options.device = "cpu";
      return CompiledModel::Compile(model, options);
    case RT_OPENCL:
      return context == nullptr ? CompiledModel::Compile(model, options)
                                : CompileForGpu(model, *context);
    default:
      return Unsupported("device type " + std::to_string(runtime) +
                         ": models run on the CPU (0) and on OpenCL devices (2) alone");
  }
}

}  // namespace compat_internal
}  // namespace mace

#endif  // MACE_COMPAT_COMPILE_H_
