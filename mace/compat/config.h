// How an app of Xiaomi's MACE says where a model runs, and where compiled programs are kept.
#ifndef MACE_COMPAT_CONFIG_H_
#define MACE_COMPAT_CONFIG_H_

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mace/compat/note.h"
#include "mace/compat/status.h"
#include "mace/compat/types.h"

namespace mace {

// Where the engines of an app keep compiled programs. Immutable once it is built, thread-safe.
class GPUContext {
 public:
  // The cache file that engines read and write; empty: none.
  const std::string& cache_file() const { return cache_file_; }
  // The first file of SetOpenCLBinaryPaths that exists; empty: none.
  std::string BinaryFile() const {
    for (const std::string& path : binary_paths_) {
      struct stat info;
      if (stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode)) return path;
    }
    return "";
  }
  // The bytes of SetOpenCLBinary; null: none.
  const std::shared_ptr<const std::vector<uint8_t>>& binary() const { return binary_; }

 private:
  friend class GPUContextBuilder;
  std::string cache_file_;
  std::vector<std::string> binary_paths_;
  std::shared_ptr<const std::vector<uint8_t>> binary_;
};
using OpenclContext = GPUContext;  // The name since v1.1.

// Builds a GPUContext. Thread-compatible.
class GPUContextBuilder {
 public:
  GPUContextBuilder() = default;
  GPUContextBuilder(const GPUContextBuilder&) = delete;
  GPUContextBuilder& operator=(const GPUContextBuilder&) = delete;

  // The folder for the cache file, which must exist. The file is called
  // mace-cl-compiled-program.bin. The mace_cl_compiled_program.bin of Xiaomi's MACE has another
  // format; a file of that name stays as it is.
  GPUContextBuilder& SetStoragePath(const std::string& path) {
    const bool ends_folder = !path.empty() && path.back() == '/';
    const std::string folder = path.empty() || ends_folder ? path : path + "/";
    context_.cache_file_ = path.empty() ? "" : folder + "mace-cl-compiled-program.bin";
    return *this;
  }
  // The cache file itself, instead of a folder. A file of another format is replaced.
  GPUContextBuilder& SetOpenCLCacheFullPath(const std::string& path) {
    context_.cache_file_ = path;
    return *this;
  }
  // Files that `mace cache build` made and that are shipped with the app. The first one that exists
  // is used. It is only read.
  GPUContextBuilder& SetOpenCLBinaryPaths(const std::vector<std::string>& paths) {
    context_.binary_paths_ = paths;
    return *this;
  }
  // The bytes of such a file. They are copied. They have precedence over SetOpenCLBinaryPaths.
  GPUContextBuilder& SetOpenCLBinary(const unsigned char* data, size_t size) {
    context_.binary_ = nullptr;
    if (data == nullptr || size == 0) return *this;
    context_.binary_ = std::make_shared<const std::vector<uint8_t>>(data, data + size);
    return *this;
  }
  // No effect: measurements are kept in the cache file.
  GPUContextBuilder& SetOpenCLParameterPath(const std::string& path) {
    if (!path.empty()) NoteParameters("SetOpenCLParameterPath");
    return *this;
  }
  GPUContextBuilder& SetOpenCLParameter(const unsigned char* data, size_t size) {
    if (data != nullptr && size != 0) NoteParameters("SetOpenCLParameter");
    return *this;
  }
  // No effect: a program is used for exactly the device and driver that made it.
  GPUContextBuilder& SetOpenCLCacheReusePolicy(const OpenCLCacheReusePolicy& policy) {
    if (policy == OpenCLCacheReusePolicy::REUSE_NONE) {
      compat_internal::NoEffect(
          "SetOpenCLCacheReusePolicy(REUSE_NONE)",
          "without SetStoragePath and SetOpenCLCacheFullPath no cache is used");
    }
    return *this;
  }

  std::shared_ptr<GPUContext> Finalize() { return std::make_shared<GPUContext>(context_); }

 private:
  static void NoteParameters(const std::string& call) {
    compat_internal::NoEffect(call, "measurements are kept in the cache file");
  }

  GPUContext context_;
};

// Thread-compatible.
class MaceEngineConfig {
 public:
  // For the GPU. Xiaomi's MACE takes the runtime that the model file names, which is not read here.
  MaceEngineConfig() = default;
  explicit MaceEngineConfig(DeviceType device_type)
      : runtime_(static_cast<RuntimeType>(device_type)) {}
  MaceEngineConfig(const MaceEngineConfig&) = delete;
  MaceEngineConfig& operator=(const MaceEngineConfig&) = delete;

  // A model has one device here: the last call counts, whichever subgraph it names.
  void SetRuntimeType(RuntimeType runtime_type, const char* /*sub_graph_name*/ = "default_graph") {
    runtime_ = runtime_type;
  }
  // Null: compiled programs are not kept.
  MaceStatus SetGPUContext(std::shared_ptr<GPUContext> context) {
    context_ = std::move(context);
    return MaceStatus();
  }

  // No effect, and success: OpenCL drivers choose clocks and priorities, and the threads of a CPU
  // driver are its own.
  MaceStatus SetGPUHints(GPUPerfHint, GPUPriorityHint) {
    return compat_internal::NoEffect("SetGPUHints", "the OpenCL driver chooses clock and priority");
  }
  MaceStatus SetCPUThreadPolicy(int /*num_threads_hint*/, CPUAffinityPolicy,
                                bool /*use_gemmlowp*/ = false) {
    return compat_internal::NoEffect("SetCPUThreadPolicy",
                                     "threads and processors are not chosen by the library");
  }

  // MACE_UNSUPPORTED, like engines for these devices.
  MaceStatus SetHexagonToUnsignedPD() { return NoAccelerator("SetHexagonToUnsignedPD"); }
  MaceStatus SetHexagonPower(HexagonNNCornerType, bool /*dcvs_enable*/, int /*latency*/) {
    return NoAccelerator("SetHexagonPower");
  }
  MaceStatus SetQnnPerformance(HexagonPerformanceType) {
    return NoAccelerator("SetQnnPerformance");
  }
  MaceStatus SetAPUCache(APUCachePolicy, const std::string& /*binary_file*/,
                         const std::string& /*storage_file*/) {
    return NoAccelerator("SetAPUCache");
  }
  MaceStatus SetAcceleratorCache(AcceleratorCachePolicy, const std::string& /*binary_file*/,
                                 const std::string& /*storage_file*/) {
    return NoAccelerator("SetAcceleratorCache");
  }
  MaceStatus SetAPUHints(uint8_t /*boost_hint*/, APUPreferenceHint) {
    return NoAccelerator("SetAPUHints");
  }

  RuntimeType runtime_type() const { return runtime_; }
  const std::shared_ptr<GPUContext>& gpu_context() const { return context_; }

 private:
  static MaceStatus NoAccelerator(const std::string& call) {
    return compat_internal::NotSupported(call, "models run on OpenCL devices and on the CPU alone");
  }

  RuntimeType runtime_ = RT_OPENCL;
  std::shared_ptr<GPUContext> context_;
};

}  // namespace mace

#endif  // MACE_COMPAT_CONFIG_H_
