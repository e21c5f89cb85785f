// The packed weights of a plan in device memory: its part of a WeightStore. Sessions of one plan share
// them.
//
// Thread contract: thread-compatible; immutable after creation.
#ifndef MACE_EXECUTE_DEVICE_WEIGHTS_H_
#define MACE_EXECUTE_DEVICE_WEIGHTS_H_

#include <cstddef>
#include <vector>

#include "mace/base/status.h"
#include "mace/cl/memory.h"
#include "mace/cl/queue.h"
#include "mace/execute/weight_store.h"
#include "mace/plan/plan.h"

namespace mace {

class DeviceWeights {
 public:
  DeviceWeights() = default;
  DeviceWeights(const DeviceWeights&) = delete;
  DeviceWeights& operator=(const DeviceWeights&) = delete;

  // Packs every weight that the store does not have, on as many threads as the host has, and uploads
  // it, as half where it does not ask to stay float. Packs straight into device memory that the host
  // shares. May run while another thread builds programs. `store` is not kept.
  Status Create(const Plan& plan, ClQueue* queue, WeightStore* store);
  // REQUIRES: before the destructor every command that uses this memory has finished.

  const ClMemory& at(int index) const { return weights_[static_cast<size_t>(index)]->memory; }
  // Where the host packs, and the plan has persistent launches: the buffer from which all weights
  // can be reached, at(i) offsets()[i] bytes behind its first byte, which may be behind its last
  // one: both are memory of this process, and so is what the device computes in. Elsewhere there is
  // none.
  const ClMemory& all() const { return *all_; }
  const std::vector<size_t>& offsets() const { return offsets_; }

 private:
  Status Fill(const Plan& plan, ClQueue* queue, WeightStore* store);
  // False where the weights are too far from one another for a persistent launch's table.
  bool FindOffsets();
  Status MakeEmptyBlock(const ClDevice& device);

  WeightStore::Weights weights_;
  const ClMemory* all_ = nullptr;  // Of one of the weights' blocks.
  std::vector<size_t> offsets_;
  WeightBlock none_;  // A page, for the persistent launches of a plan that has no weights.
};

}  // namespace mace

#endif  // MACE_EXECUTE_DEVICE_WEIGHTS_H_
