// Routines of CLBlast, enqueued like kernels: the only place that knows the library.
//
// CLBlast compiles its own kernels from source, once for each process and device, without passing
// the one door to the compiler (compiler.h). The loader layer (cache_layer.h) takes these kernels
// from the cache file all the same, so that a warm start compiles none of them, and
// MACE_REQUIRE_CACHE=1 allows a call whose kernels are in the file. Where there is a cache file but
// no layer, CLBlast is left out. No plan has a call unless a measurement asked for it, and Create
// makes the call once, so that the compile is part of the start and of no run. A call may allocate.
//
// CLBlast keeps what it compiled for the life of the process: a second cache file that is used in
// the same process gets its kernels from the next process on.
//
// Ownership: keeps its operands alive (the driver counts). Errors: kNotFound where the cache is
// required and lacks a kernel, kUnsupported where the library is not installed, without the layer
// (with the reason, which also is logged once), or for half precision on a device without it,
// kDeviceError with the library's code. Thread contract: thread-compatible; calls on different
// objects may run at once.
#ifndef MACE_CL_LIBRARY_CALL_H_
#define MACE_CL_LIBRARY_CALL_H_

#include <cstddef>
#include <string>
#include <vector>

#include "mace/base/status.h"
#include "mace/cache/store.h"
#include "mace/cl/cache_layer.h"
#include "mace/cl/handle.h"
#include "mace/cl/memory.h"
#include "mace/cl/queue.h"
#include "mace/kernel/kernel.h"

namespace mace {

// The source of a library's kernels.
struct LibraryCache {
  const CacheStore* store = nullptr;  // Null: no cache file.
  // False for a call that is measured and thrown away: its kernels are not stored for it.
  bool keep = true;
};

// Why no library may be called; empty where one may be.
std::string WhyNoLibraryCalls(const CacheStore* store);

class ClLibraryCall {
 public:
  // `operands`: as the launch's arguments name them, a, b, y; buffers of launch.kernel.precision.
  // Runs the call once on `queue`, whatever the operands hold, and waits for it. `name` (the
  // variant) is for messages. REQUIRES: launch.call.
  static StatusOr<ClLibraryCall> Create(const Launch& launch,
                                        const std::vector<const ClMemory*>& operands,
                                        const std::string& name, const LibraryCache& cache,
                                        ClQueue* queue);

  // `event`: of the last kernel that the call enqueues; may be null.
  Status Enqueue(ClQueue* queue, ClEventHandle* event = nullptr) const;

  // The library's programs that Create had built: none where an earlier call had needed them.
  const CacheLayerScope::Counts& programs() const { return programs_; }

 private:
  template <typename Routines, typename T>
  Status EnqueueGemm(const Routines& routines, T one, T zero, ClQueue* queue,
                     ClEventHandle* event) const;
  // Makes the call for the first time, its kernels from the cache where they are there.
  Status EnqueueFirst(const LibraryCache& cache, ClQueue* queue);
  Status CheckOperands(const std::vector<const ClMemory*>& operands) const;

  LibraryCall call_;
  Precision precision_ = Precision::kFloat32;
  std::string name_;
  ClMemHandle a_, b_, y_;
  // The offsets of each product, in elements, in the form that CLBlast takes.
  std::vector<size_t> a_offsets_, b_offsets_, y_offsets_;
  CacheLayerScope::Counts programs_;
};

}  // namespace mace

#endif  // MACE_CL_LIBRARY_CALL_H_
