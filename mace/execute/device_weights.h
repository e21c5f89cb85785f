// The packed weights of a plan in device memory, taken from a WeightStore. Sessions of one plan
// share them.
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

  // Packs every weight that the store lacks, on all processors of the host, and uploads it: as half
  // unless the weight must stay float. Packs directly into device memory that the host shares. May
  // run while another thread builds programs. `store` is not kept.
  Status Create(const Plan& plan, ClQueue* queue, WeightStore* store);
  // REQUIRES: when the object is destroyed, every command that uses this memory has finished.

  const ClMemory& at(int index) const { return weights_[static_cast<size_t>(index)]->memory; }
  // For plans with persistent launches, on devices that use host memory: the buffer from which all
  // weights can be addressed. Weight i begins at(i) offsets()[i] bytes behind its first byte,
  // possibly beyond its end, since all of it is memory of this process. Empty otherwise.
  const ClMemory& all() const { return *all_; }
  const std::vector<size_t>& offsets() const { return offsets_; }

 private:
  Status Fill(const Plan& plan, ClQueue* queue, WeightStore* store);
  // False if the weights are too far apart for a persistent launch's table.
  bool FindOffsets();
  Status MakeEmptyBlock(const ClDevice& device);

  WeightStore::Weights weights_;
  const ClMemory* all_ = nullptr;  // The block of one of the weights.
  std::vector<size_t> offsets_;
  WeightBlock none_;  // One page, for plans with persistent launches and without weights.
};

}  // namespace mace

#endif  // MACE_EXECUTE_DEVICE_WEIGHTS_H_
