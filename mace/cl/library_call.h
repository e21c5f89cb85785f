// Routines of CLBlast, enqueued like kernels: the only place that knows the library.
//
// CLBlast compiles kernels of its own, from source, once a process and device: past the one door to
// the compiler (compiler.h), so past the cache. Therefore MACE_REQUIRE_CACHE=1 makes such a call an
// error that names it, no plan has one unless a measurement asked for it, and Create makes the call
// once, so that the compile is part of the start and of no run. A call may allocate.
//
// Ownership: keeps its operands alive (the driver counts). Errors: kNotFound where the cache is
// required, kUnsupported where the library is not installed or for half precision on a device
// without it, kDeviceError with the library's code. Thread contract: thread-compatible; calls on
// different objects may run at once.
#ifndef MACE_CL_LIBRARY_CALL_H_
#define MACE_CL_LIBRARY_CALL_H_

#include <cstddef>
#include <string>
#include <vector>

#include "mace/base/status.h"
#include "mace/cl/handle.h"
#include "mace/cl/memory.h"
#include "mace/cl/queue.h"
#include "mace/ops/kernel.h"

namespace mace {

class ClLibraryCall {
 public:
  // `operands`: as the launch's arguments name them, a, b, y; buffers of launch.kernel.precision.
  // Runs the call once on `queue`, whatever the operands hold, and waits for it. `name` (the
  // variant) is for messages. REQUIRES: launch.call.
  static StatusOr<ClLibraryCall> Create(const Launch& launch,
                                        const std::vector<const ClMemory*>& operands,
                                        const std::string& name, ClQueue* queue);

  Status Enqueue(ClQueue* queue) const;

 private:
  template <typename Routines, typename T>
  Status EnqueueGemm(const Routines& routines, T one, T zero, ClQueue* queue) const;
  Status CheckOperands(const std::vector<const ClMemory*>& operands) const;

  LibraryCall call_;
  Precision precision_ = Precision::kFloat32;
  std::string name_;
  ClMemHandle a_, b_, y_;
  // What CLBlast takes: offsets of each product, in elements.
  std::vector<size_t> a_offsets_, b_offsets_, y_offsets_;
};

}  // namespace mace

#endif  // MACE_CL_LIBRARY_CALL_H_
