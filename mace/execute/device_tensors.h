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
  // Releases in reverse order: NVIDIA's driver (580) crashes if used sub-buffers that overlap in
  // part are released in the order in which they were made.
  ~DeviceTensors();
  DeviceTensors(const DeviceTensors&) = delete;
  DeviceTensors& operator=(const DeviceTensors&) = delete;

  // Makes the arena, with its regions as sub-buffers or as images over it, and the objects of the
  // pool. All are filled with zeros once, so that parts that nobody writes (the padding of a tensor
  // that is written in slices) hold no NaN.
  // REQUIRES: when the object is destroyed, every command that uses this memory has finished.
  Status CreateRegions(const Plan& plan, ClQueue* queue);

  const ClMemory& region(int index) const { return regions_[static_cast<size_t>(index)]; }
  const ClMemory& arena() const { return arena_; }
  size_t bytes() const { return bytes_; }

 private:
  Status CreateArena(size_t bytes, ClQueue* queue);
  StatusOr<ClMemory> PartOfArena(const MemoryRegion& region, const ClDevice& device,
                                 const std::string& name) const;
  static StatusOr<ClMemory> OwnMemory(const MemoryRegion& region, const ClDevice& device,
                                      const std::string& name);

  // The arena's memory on devices that use host memory; it uses large pages.
  PageBlock arena_block_;
  ClMemory arena_;
  std::vector<ClMemory> regions_;
  size_t bytes_ = 0;
};

}  // namespace mace

#endif  // MACE_EXECUTE_DEVICE_TENSORS_H_
