// The options for compiling a model. Their defaults are those of the command `mace`.
//
// Thread contract: plain data, thread-compatible.
#ifndef MACE_API_COMPILE_OPTIONS_H_
#define MACE_API_COMPILE_OPTIONS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "mace/api/file_range.h"

namespace mace {

struct CompileOptions {
  // The storage of activations on the device.
  enum class Storage {
    kAuto,    // The planner chooses, by estimates or measurements.
    kImage,   // OpenCL images where an op has a kernel for them.
    kBuffer,  // OpenCL buffers.
  };
  enum class Precision {
    kFloat32,
    kTf32,     // Products of float32 with 10 bits of mantissa, if the device has units for it.
    kFloat16,  // Half precision in memory and, if the device has it, in arithmetic.
  };
  // How much is measured on the device before a plan is made. The measurements are kept in the
  // cache file.
  enum class Tuning {
    kNone,  // No measurement: the planner's estimates decide.
    kFast,  // The likeliest variants, for at most 10 s on a CPU driver and 5 s on a GPU.
    kFull,  // Every variant and work-group size, without a time limit.
  };
  // Whether compiling may set variables in the environment of the process.
  enum class Environment {
    // OPENCL_LAYERS or POCL_CACHE_DIR may be set before the process's first OpenCL call, and only
    // if it is necessary (mace/mace.h says when).
    kWhenNeeded,
    kNever,
  };
  struct TuningProgress {
    size_t done = 0;        // Variants measured so far.
    size_t total = 0;       // Variants to be measured.
    double elapsed_ms = 0;  // Milliseconds since the tuning began.
  };
  // The cache of compiled programs and measurements. At most one of `path`, `file` and `memory` may
  // be set; otherwise compiling is kInvalidArgument.
  struct Cache {
    // The compiled-program cache file; empty: none. A relative path refers to the folder that is
    // current when the model is compiled.
    std::string path;
    // An open file instead of a path. If the descriptor is open for reading and writing, SaveCache
    // and background saves write the whole file in place. A process that ends during a write leaves
    // a damaged file, which is not used. Nobody else may write the file at the same time. A part of
    // a file (with an offset or a size) is read when the model is compiled and never written.
    FileRange file;
    // The content of a cache in memory instead of a path, for apps with their own storage. Nothing
    // is written; CompiledModel::SaveCacheToBytes gives the bytes to store.
    struct Memory {
      const void* data = nullptr;
      size_t size = 0;
      // Keeps the bytes alive and unchanged while the compiled model reads them. Null: the bytes
      // are copied before Compile returns.
      std::shared_ptr<const void> owner;
    };
    Memory memory;
    // True: uses a cache in memory even if `memory` has no bytes yet.
    bool in_memory = false;
    // The largest size of the file, in bytes. The least recently used programs are left out if the
    // file would be larger.
    uint64_t size_limit = uint64_t{256} << 20;
    // A public key of 64 hexadecimal digits, as printed by `mace cache keygen`. Only files signed
    // by this key are used, and the file is not written. Empty: no signature is required.
    std::string public_key;
    // Files of an older generation (shown by `mace cache info`) are not used.
    uint32_t min_generation = 0;
    // True: uses a file even if other users own it or may write it. A compiled program is code, so
    // this is only for folders whose users trust one another.
    bool allow_shared = false;
    // True: never writes the file, for example one that is shipped with an app.
    bool read_only = false;
    // True: writes the file in the background after the first run of each new plan. The destructor
    // of the compiled model waits until the file is written. False: only SaveCache() writes the
    // file.
    bool save_after_first_run = true;
  };
  struct Limits {
    // The most host memory that tensors may take, in bytes. Constants, inputs, outputs and
    // intermediate tensors count. If the driver computes in the host's memory, the weights and
    // activations on the device count, too. The memory that a plan needs is compared with this
    // limit before it is allocated; the message of kResourceExhausted names both numbers. 0: the
    // memory that the system has available when the model is compiled, less a sixteenth.
    uint64_t host_bytes = 0;
    // The most memory of the device that weights and activations may take, in bytes. 0: the memory
    // that the driver reports for the device.
    uint64_t device_bytes = 0;
    // The most plans that are kept. There is one plan for each set of input dims and of outputs. Of
    // a model that runs in stages (CompiledModel), this many are kept of each stage.
    // Above this limit, or above kept_plan_bytes, the plan that was unused for the longest time is
    // evicted first. The plan that was used last always stays.
    size_t kept_plans = 16;
    // The most memory of the kept plans, in bytes. Weights that plans share count once. 0: a
    // quarter of the device's memory, or of the host's memory if the model runs on the CPU.
    uint64_t kept_plan_bytes = 0;
  };

  // OpenCL objects of the app, as opaque pointers. The model is compiled in this context and runs
  // in this queue. The objects are retained, so the app may release them when Compile has returned.
  // Buffers of the context can be inputs and outputs (Tensor::OpenCl).
  struct OpenCl {
    void* context = nullptr;  // A cl_context; null: the library makes a context.
    void* device = nullptr;   // A cl_device_id of the context; null: the context's only device.
    // An in-order cl_command_queue of the context and the device. All requests then run one after
    // the other, and the end of a run waits for all earlier commands of the queue. Null: the
    // library makes a queue for each request that runs at the same time.
    void* queue = nullptr;
  };

  // The device to compile for:
  //   "gpu"            the best OpenCL device; a GPU is better than a CPU driver
  //   "gpu:N"          device N of ListDevices
  //   "gpu:NAME-PART"  the best device whose name or platform contains this text
  //   "uuid:UUID"      the device with this Device::uuid
  //   "pci:ADDRESS"    the device with this Device::pci_address
  //   "cpu"            the reference implementation on the host, without OpenCL
  std::string device = "gpu";
  // With a context, `device` must be "gpu", its default, because the context determines the device.
  // Compiling is kInvalidArgument for invalid handles and for handles that do not belong together.
  OpenCl opencl;
  Storage storage = Storage::kAuto;
  Precision precision = Precision::kFloat32;
  Tuning tuning = Tuning::kNone;
  // Called between measurements on the thread that compiles; returns whether to continue. If it
  // returns false, compiling ends with kCancelled. The measurements stay in the cache file, and a
  // later tuning continues from there. May be empty.
  std::function<bool(const TuningProgress&)> tuning_progress;
  // False: an op that would run on the CPU is an error that names it (kUnsupported).
  bool allow_cpu_fallback = true;
  // On drivers that run on the host's CPU, successive launches become one kernel, in which threads
  // wait for one another without giving up their processors. True: the launches stay separate,
  // which is slower but leaves the processors to the app between launches.
  bool separate_launches = false;
  // True: a large batch is computed in slices where that is faster. False: every batch is computed
  // as a whole.
  bool split_batch = true;
  Cache cache;
  Limits limits;
  Environment environment = Environment::kWhenNeeded;
};

}  // namespace mace

#endif  // MACE_API_COMPILE_OPTIONS_H_
