// The device memory of a session: the regions of its plan.
//
// Thread contract: thread-compatible; immutable after creation.
#ifndef MACE_EXECUTE_DEVICE_TENSORS_H_
#define MACE_EXECUTE_DEVICE_TENSORS_H_

#include <string>
#include <vector>

#include "mace/base/page_block.h"
#include "mace/base/status.h"
#include "mace/cl/memory.h"
#include "mace/cl/queue.h"
#include "mace/plan/plan.h"

namespace mace {

class DeviceTensors {
 public:
  DeviceTensors() = default;
  // Last made, first released: NVIDIA's driver (580) crashes where used sub-buffers that overlap in
  // part are released in the order in which they were made.
  ~DeviceTensors();
  DeviceTensors(const DeviceTensors&) = delete;
  DeviceTensors& operator=(const DeviceTensors&) = delete;

  // The arena with its regions as sub-buffers or images over them, and the images of the pool; all
  // filled with zeros once, so that what nobody writes (the padding of a tensor that only slices
  // write) is no NaN.
  Status CreateRegions(const Plan& plan, ClQueue* queue);
  // REQUIRES: before the destructor every command that uses this memory has finished.

  const ClMemory& region(int index) const { return regions_[static_cast<size_t>(index)]; }
  const ClMemory& arena() const { return arena_; }
  size_t bytes() const { return bytes_; }

 private:
  Status CreateArena(size_t bytes, ClQueue* queue);
  StatusOr<ClMemory> PartOfArena(const MemoryRegion& region, const ClDevice& device,
                                 const std::string& name) const;

  // On devices that are the host itself the memory is our own, in large pages.
  PageBlock arena_block_;
  ClMemory arena_;
  std::vector<ClMemory> regions_;
  size_t bytes_ = 0;
};

}  // namespace mace

#endif  // MACE_EXECUTE_DEVICE_TENSORS_H_
