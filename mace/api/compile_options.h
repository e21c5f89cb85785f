// How a model is compiled for a device. Every member has the default of the `mace` command.
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
  // Where activations lie on the device.
  enum class Storage {
    kAuto,    // As the planner estimates or measures it.
    kImage,   // OpenCL images where an op has a kernel for them.
    kBuffer,  // OpenCL buffers.
  };
  enum class Precision {
    kFloat32,
    kTf32,     // Products of float32 with 10 bits of mantissa, where the device has units for it.
    kFloat16,  // Half precision in memory and, where the device has it, in arithmetic.
  };
  // How much is measured on the device before a plan is made. What was measured is kept in the
  // cache file.
  enum class Tuning {
    kNone,  // Nothing: the planner's estimates.
    kFast,  // The likeliest variants, for 10 s at most on a CPU driver and 5 s on a GPU.
    kFull,  // Every variant and work-group size, however long it takes.
  };
  enum class Environment {
    // Before the process's first OpenCL call, and only where it is needed, OPENCL_LAYERS or
    // POCL_CACHE_DIR may be set in the process's environment (mace/mace.h says when).
    kWhenNeeded,
    kNever,
  };
  struct TuningProgress {
    size_t done = 0;  // Variants measured.
    size_t total = 0;
    double elapsed_ms = 0;
  };
  // At most one of `path`, `file` and `memory` is given: kInvalidArgument otherwise.
  struct Cache {
    // The compiled-program cache file; empty: none. A relative path means the folder that is
    // current when the model is compiled.
    std::string path;
    // In place of a path: an open file. The whole of it is written in place by SaveCache, and in the
    // background, where the descriptor is open for reading and writing: a process that ends
    // meanwhile leaves a damaged file, which is not used, and nobody else may write it meanwhile. A
    // part of a file, by an offset or a size, is read when the model is compiled and never written.
    FileRange file;
    // In place of a path: the content of a cache in memory, for apps that keep their own storage.
    // Nothing is written: CompiledModel::SaveCacheToBytes gives what is to be stored.
    struct Memory {
      const void* data = nullptr;
      size_t size = 0;
      // Keeps the bytes, which stay as they are, for as long as the compiled model reads them. Null:
      // they are copied before Compile returns.
      std::shared_ptr<const void> owner;
    };
    Memory memory;
    // True: an empty cache in memory, where `memory` has no bytes yet.
    bool in_memory = false;
    // The largest size of the file, in bytes. Where more would be written, the programs that were
    // not used for the longest time are left out.
    uint64_t size_limit = uint64_t{256} << 20;
    // 64 hexadecimal digits, as `mace cache keygen` writes them: a file without a signature by this
    // key is not used, and none is written. Empty: none.
    std::string public_key;
    // A file of an older generation (`mace cache info` shows it) is not used.
    uint32_t min_generation = 0;
    // Takes a file that others may write, or that another user owns. A compiled program is code:
    // only for a folder whose users trust one another.
    bool allow_shared = false;
    // Never writes the file: for one that is shipped with an app.
    bool read_only = false;
    // Writes the file in the background after the first answer of each new plan; the end of the
    // compiled model waits for that. SaveCache() does so whenever it is called.
    bool save_after_first_run = true;
  };
  struct Limits {
    // The most host memory that tensors may take, in bytes: constants, inputs, outputs, what lies
    // between, and on a driver that computes in the host's memory also what lies on the device.
    // What a model needs is counted before it is taken; kResourceExhausted names both numbers. 0:
    // what the system has available at that moment, less a sixteenth.
    uint64_t host_bytes = 0;
    // The most memory of the device that weights and activations may take, in bytes. 0: as much as
    // the driver says that the device has.
    uint64_t device_bytes = 0;
    // Plans, one for each set of input dims and of outputs, that are kept: by number, and by bytes,
    // the weights that plans share counted once (0: a quarter of the device's memory, or of the
    // host's on the CPU). The one longest unused goes first; the one last used always stays.
    size_t kept_plans = 16;
    uint64_t kept_plan_bytes = 0;
  };

  // OpenCL objects of the app, as opaque pointers: the model is compiled in this context and runs in
  // this queue. They are retained, and may be released when Compile has returned. Buffers of the
  // context can be inputs and outputs (Tensor::OpenCl).
  struct OpenCl {
    void* context = nullptr;  // A cl_context; null: a context of the library's own.
    void* device = nullptr;   // A cl_device_id of the context; null: the only one that it has.
    // An in-order cl_command_queue of the context and the device; null: each request that runs at
    // the same time has a queue of the library's own. In a queue of the app the runs of all requests
    // follow one another, and the end of a run waits for all that was put into the queue before.
    void* queue = nullptr;
  };

  // "gpu": the best OpenCL device, a GPU before a CPU driver; "gpu:N" or "gpu:NAME-PART" names one
  // (ListDevices); "uuid:UUID" and "pci:ADDRESS" name the one with this Device::uuid or
  // Device::pci_address; "cpu": the reference implementation on the host, without OpenCL.
  std::string device = "gpu";
  // With a context `device` must be "gpu", its default: the context says what the device is.
  // kInvalidArgument for handles that are none or do not belong together.
  OpenCl opencl;
  Storage storage = Storage::kAuto;
  Precision precision = Precision::kFloat32;
  Tuning tuning = Tuning::kNone;
  // Called between measurements, on the thread that compiles; it returns whether to go on. False:
  // what is compiling ends with kCancelled, and what was measured so far stays in the cache file,
  // from which a later tuning goes on. May be empty.
  std::function<bool(const TuningProgress&)> tuning_progress;
  // False: an op that would run on the CPU is an error that names it.
  bool allow_cpu_fallback = true;
  // On drivers that run on the host's CPU, successive launches become one kernel, in which threads
  // wait for one another without giving up their processor. True keeps them apart: slower there,
  // but for apps that need the processor meanwhile.
  bool separate_launches = false;
  // A large batch is computed in slices where that is faster; false keeps it whole.
  bool split_batch = true;
  Cache cache;
  Limits limits;
  Environment environment = Environment::kWhenNeeded;
};

}  // namespace mace

#endif  // MACE_API_COMPILE_OPTIONS_H_
