// How an engine is to be made. Every member has the command's default.
#ifndef MACE_ENGINE_OPTIONS_H_
#define MACE_ENGINE_OPTIONS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "mace/cache/place.h"
#include "mace/cl/caller_context.h"
#include "mace/cl/environment_use.h"
#include "mace/plan/plan.h"
#include "mace/tune/tuning_options.h"

namespace mace {

struct Options {
  // "gpu": the best OpenCL device there is, a GPU before a CPU driver; "gpu:N" or "gpu:NAME-PART"
  // names one, "uuid:..." and "pci:..." that with this address; "cpu": the reference.
  std::string device = "gpu";
  // OpenCL objects of the app that are used in place of the device above.
  CallerContext caller;
  MemoryChoice memory = MemoryChoice::kAuto;
  Precision precision = Precision::kFloat32;
  // Products of float32 may be those of TF32 where the device has units for it (NVIDIA from compute
  // capability 8.0 on): faster, and 10 bits of mantissa in place of 23. In half precision, which
  // has no more, they always may.
  bool allow_tf32 = false;
  TuningOptions tuning;
  // False: an op that would run on the CPU is an error that names it.
  bool allow_fallback = true;
  // Every launch stays one of its own: for profiles, and for an app that needs the processor while
  // a driver for CPUs runs the model. Slower there: otherwise launches that follow one another are
  // one kernel, in which each compute unit waits for the others without giving up its processor
  // (mace/plan/persistent_kernel.h).
  bool separate_launches = false;
  // A batch is run as one, where it may be cut into slices (mace/passes/device/batch_slices.h).
  bool whole_batches = false;
  // The plans that an engine keeps in memory, one for each set of input shapes: at most so many, of
  // at most so many bytes in all, the weights that plans share counted once (0: a quarter of the
  // device's memory, or of the host's on the CPU). The one longest unused goes first; the one last
  // used always stays.
  size_t kept_plans = 16;
  uint64_t kept_plan_bytes = 0;
  // What the engine may set in the environment of this process. Counts for the engine that makes
  // the process's first OpenCL call.
  EnvironmentUse environment = EnvironmentUse::kWhenNeeded;
  // The most host memory that tensors may take, in bytes: constants, inputs, outputs, what lies
  // between, and on a driver that computes in the host's memory also what lies on the device. What
  // a model needs is counted before it is taken; kResourceExhausted names both numbers. 0: what the
  // system has available when it is asked for (mace/base/system_memory.h), less a sixteenth.
  uint64_t host_memory_limit = 0;
  // The most memory of the device that a plan may take, in bytes: weights and activations. 0: as
  // much as the driver says that the device has.
  uint64_t device_memory_limit = 0;
  // The compiled-program cache file; empty: none. A relative path means the folder that is current
  // when the engine is created.
  std::string cache_path;
  // In place of a path: an open file, or bytes in memory. Cache objects are not shared between
  // engines then.
  std::optional<CachePlace> cache_place;
  // The size of the file in bytes; the programs longest unused go first when it is written.
  uint64_t cache_size_limit = uint64_t{256} << 20;
  // 64 hexadecimal digits, as `mace cache keygen` writes them: a file without a signature by this
  // key is not used. This engine cannot sign, so that it then writes no file either. Empty: none.
  std::string cache_public_key;
  // A file whose generation (`mace cache info` shows it) is below this one is not used: an older
  // file, put in the place of a newer one. Proves something only together with cache_public_key.
  uint32_t cache_min_generation = 0;
  // Takes a file that others may write, or that another user owns; without it such a file is
  // neither used nor replaced. A compiled program is code: only for a folder whose users trust one
  // another.
  bool cache_allow_shared = false;
  // Never writes the file: for one that is shipped with an app.
  bool cache_read_only = false;
};

}  // namespace mace

#endif  // MACE_ENGINE_OPTIONS_H_
