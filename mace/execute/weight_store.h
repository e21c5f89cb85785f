// The packed weights that the plans of one model have in device memory.
//
// Plans for several input shapes mostly need the same constants in the same packings: each is packed
// and put on the device once, by the plan that needs it first, and goes with the last plan that uses
// it. What a plan needs is told by PackedWeights::identity: no elements are read or compared.
#ifndef MACE_EXECUTE_WEIGHT_STORE_H_
#define MACE_EXECUTE_WEIGHT_STORE_H_

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "mace/base/byte_count.h"
#include "mace/base/page_block.h"
#include "mace/base/status.h"
#include "mace/cl/memory.h"
#include "mace/plan/memory.h"
#include "mace/plan/plan.h"

namespace mace {

// Memory of this process that several packed weights lie in, each from a page of its own: for devices
// that are the host itself.
struct WeightBlock {
  PageBlock pages;
  ClMemory memory;   // Over all of it; none where the device allows no buffer so large.
  std::mutex mutex;  // Guards PageBlock::GiveBack.
};

// Immutable once it is ready. REQUIRES: when it is destroyed, every command that uses it has
// finished.
struct StoredWeights {
  ~StoredWeights();

  enum class State { kMaking, kReady, kFailed };
  State state = State::kMaking;        // Of WeightStore.
  std::shared_ptr<WeightBlock> block;  // Null: `memory` is memory of its own.
  MutableBytes place;                  // In the block, with the padding behind it.
  ClMemory memory;
  CountedBytes counted, counted_in_store;
};

// Thread contract: thread-safe. No lock is held while weights are packed; who needs weights that
// another thread is packing waits for those alone.
class WeightStore {
 public:
  using Weights = std::vector<std::shared_ptr<StoredWeights>>;  // By index in Plan::weights.
  // Fills those of `weights` that `indices` names.
  using Maker = std::function<Status(const std::vector<size_t>& indices, const Weights& weights)>;

  // `device_bytes` (may be null) counts what the store has on the device, once.
  explicit WeightStore(std::shared_ptr<ByteCount> device_bytes = nullptr)
      : device_bytes_(std::move(device_bytes)) {}
  WeightStore(const WeightStore&) = delete;
  WeightStore& operator=(const WeightStore&) = delete;

  // All weights of the plan. `make` is called for those that nobody has, and once more where another
  // thread that was making some of them failed. An error is that of `make`: nothing of what was to be
  // made then is kept, and who waits for it makes it.
  StatusOr<Weights> Get(const Plan& plan, const Maker& make);

  const std::shared_ptr<ByteCount>& device_bytes() const { return device_bytes_; }
  // In use now.
  uint64_t bytes() const { return bytes_->now(); }
  // The bytes of the plan's weights that are there already.
  uint64_t BytesOf(const Plan& plan) const;
  // How many weights were packed so far.
  uint64_t packings() const;

 private:
  class Claim;

  // Allocates nothing where the state is kFailed.
  void Publish(const Weights& weights, const std::vector<size_t>& made, StoredWeights::State state);
  // Drops the entry of weights that could not be made. REQUIRES: mutex_ is held.
  void Forget(const std::shared_ptr<StoredWeights>& failed);
  // Waits for those of `wanted` that other threads are making; gives those that failed.
  std::vector<size_t> Await(const Weights& weights, const std::vector<size_t>& wanted);

  const std::shared_ptr<ByteCount> device_bytes_;
  const std::shared_ptr<ByteCount> bytes_ = std::make_shared<ByteCount>();
  mutable std::mutex mutex_;  // Guards what follows, and StoredWeights::state.
  std::condition_variable changed_;
  std::map<WeightKey, std::weak_ptr<StoredWeights>> known_;
  uint64_t packings_ = 0;
};

}  // namespace mace

#endif  // MACE_EXECUTE_WEIGHT_STORE_H_
