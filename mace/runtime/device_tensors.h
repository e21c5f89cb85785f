// The device memory of a plan: its regions and its packed weights.
//
// Thread contract: thread-compatible; immutable after creation.
#ifndef MACE_RUNTIME_DEVICE_TENSORS_H_
#define MACE_RUNTIME_DEVICE_TENSORS_H_

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

  // The arena with its regions as sub-buffers, and the images; all filled with zeros once, so that
  // what nobody writes (the padding of a tensor that only slices write) is no NaN.
  Status CreateRegions(const Plan& plan, ClQueue* queue);
  // Packs every weight, on as many threads as the host has, and uploads it, as half where it does
  // not ask to stay float. Packs straight into device memory that the host shares. May run while
  // another thread builds programs.
  Status CreateWeights(const Plan& plan, ClQueue* queue);
  // REQUIRES: before the destructor every command that uses this memory has finished.

  const ClMemory& region(int index) const { return regions_[static_cast<size_t>(index)]; }
  const ClMemory& weights(int index) const { return weights_[static_cast<size_t>(index)]; }
  // Where the host packs, all weights lie in one buffer, of which weights(i) is the part that
  // begins at weight_offsets()[i]. Elsewhere there is none.
  const ClMemory& all_weights() const { return all_weights_; }
  const std::vector<size_t>& weight_offsets() const { return weight_offsets_; }
  const ClMemory& arena() const { return arena_; }
  size_t bytes() const { return bytes_; }

 private:
  Status CreateArena(size_t bytes, ClQueue* queue);
  Status PackOnHost(const Plan& plan, const ClDevice& device);

  // On devices that are the host itself the memory is our own, in large pages.
  PageBlock arena_block_;
  PageBlock weights_block_;
  ClMemory arena_;
  std::vector<ClMemory> regions_;
  ClMemory all_weights_;
  std::vector<size_t> weight_offsets_;
  std::vector<ClMemory> weights_;
  size_t bytes_ = 0;
};

}  // namespace mace

#endif  // MACE_RUNTIME_DEVICE_TENSORS_H_
