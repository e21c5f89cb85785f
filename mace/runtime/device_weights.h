// The packed weights of a plan in device memory. Sessions of one plan share them.
//
// Thread contract: thread-compatible; immutable after creation.
#ifndef MACE_RUNTIME_DEVICE_WEIGHTS_H_
#define MACE_RUNTIME_DEVICE_WEIGHTS_H_

#include <memory>
#include <vector>

#include "mace/base/byte_count.h"
#include "mace/base/page_block.h"
#include "mace/base/status.h"
#include "mace/cl/memory.h"
#include "mace/cl/queue.h"
#include "mace/plan/plan.h"

namespace mace {

class DeviceWeights {
 public:
  DeviceWeights() = default;
  DeviceWeights(const DeviceWeights&) = delete;
  DeviceWeights& operator=(const DeviceWeights&) = delete;

  // Packs every weight, on as many threads as the host has, and uploads it, as half where it does
  // not ask to stay float. Packs straight into device memory that the host shares. May run while
  // another thread builds programs.
  Status Create(const Plan& plan, ClQueue* queue);
  // REQUIRES: before the destructor every command that uses this memory has finished.

  const ClMemory& at(int index) const { return weights_[static_cast<size_t>(index)]; }
  // Where the host packs, all weights lie in one buffer, of which at(i) is the part that begins at
  // offsets()[i]. Elsewhere there is none.
  const ClMemory& all() const { return all_weights_; }
  const std::vector<size_t>& offsets() const { return offsets_; }
  size_t bytes() const { return bytes_; }
  // Adds them to `count` (may be null) as long as the weights are there.
  void CountBytes(std::shared_ptr<ByteCount> count) {
    counted_bytes_ = CountedBytes(std::move(count), bytes_);
  }

 private:
  Status PackOnHost(const Plan& plan, const ClDevice& device);

  // On devices that are the host itself the memory is our own, in large pages.
  PageBlock block_;
  ClMemory all_weights_;
  std::vector<size_t> offsets_;
  std::vector<ClMemory> weights_;
  size_t bytes_ = 0;
  CountedBytes counted_bytes_;
};

}  // namespace mace

#endif  // MACE_RUNTIME_DEVICE_WEIGHTS_H_
