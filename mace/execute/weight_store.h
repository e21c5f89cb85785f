// The packed weights in device memory that the plans of one model share.
//
// Plans for several input shapes mostly need the same constants in the same packings. Each weight
// is packed and uploaded once, by the plan that needs it first, and is freed with the last plan
// that uses it. PackedWeights::identity tells weights apart; no elements are compared.
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
#include "mace/execute/host_packing.h"
#include "mace/plan/memory.h"
#include "mace/plan/plan.h"

namespace mace {

// Memory of this process that holds several packed weights, each beginning at a page. Used on
// devices that use host memory.
struct WeightBlock {
  PageBlock pages;
  ClMemory memory;   // Over the whole block; none if the device has no buffer so large.
  std::mutex mutex;  // Guards PageBlock::GiveBack.
};

// Immutable once it is ready. REQUIRES: when it is destroyed, every command that uses it has
// finished.
struct StoredWeights {
  ~StoredWeights();

  enum class State { kMaking, kReady, kFailed };
  State state = State::kMaking;        // Guarded by WeightStore::mutex_.
  std::shared_ptr<WeightBlock> block;  // Null: `memory` is not part of a block.
  MutableBytes place;                  // Within the block, with the padding behind it.
  ClMemory memory;
  CountedBytes counted, counted_in_store;
};

// Thread contract: thread-safe. No lock is held while weights are packed. A thread waits for
// another one only if it needs weights that the other one is packing.
class WeightStore {
 public:
  using Weights = std::vector<std::shared_ptr<StoredWeights>>;  // By index in Plan::weights.
  // Fills the entries of `weights` that `indices` names.
  using Maker = std::function<Status(const std::vector<size_t>& indices, const Weights& weights)>;

  // `device_bytes` (may be null) counts the store's device memory.
  explicit WeightStore(std::shared_ptr<ByteCount> device_bytes = nullptr)
      : device_bytes_(std::move(device_bytes)) {}
  WeightStore(const WeightStore&) = delete;
  WeightStore& operator=(const WeightStore&) = delete;

  // All weights of the plan. Calls `make` for those that nobody has, and once more for those of
  // another thread that failed. Gives the error of `make`; nothing of that call is then kept, and a
  // thread that waits for it makes them itself.
  StatusOr<Weights> Get(const Plan& plan, const Maker& make);

  // Weights that are being packed for a plan before its session is made; the session takes them.
  void OfferPacking(std::shared_ptr<HostPacking> packing);
  std::shared_ptr<HostPacking> TakePacking();  // Null if nothing was offered.

  const std::shared_ptr<ByteCount>& device_bytes() const { return device_bytes_; }
  // Device memory in use now.
  uint64_t bytes() const { return bytes_->now(); }
  // The bytes of the plan's weights that the store already has.
  uint64_t BytesOf(const Plan& plan) const;
  // The number of weights that were packed so far.
  uint64_t packings() const;

 private:
  class Claim;

  // Does not allocate if `state` is kFailed.
  void Publish(const Weights& weights, const std::vector<size_t>& made, StoredWeights::State state);
  // Removes weights that could not be made. REQUIRES: mutex_ is held.
  void Forget(const std::shared_ptr<StoredWeights>& failed);
  // Waits for the weights of `wanted` that other threads are making, and gives those that failed.
  std::vector<size_t> Await(const Weights& weights, const std::vector<size_t>& wanted);

  const std::shared_ptr<ByteCount> device_bytes_;
  const std::shared_ptr<ByteCount> bytes_ = std::make_shared<ByteCount>();
  mutable std::mutex mutex_;  // Guards the members below and StoredWeights::state.
  std::condition_variable changed_;
  std::map<WeightKey, std::weak_ptr<StoredWeights>> known_;
  uint64_t packings_ = 0;
  std::shared_ptr<HostPacking> offered_;
};

}  // namespace mace

#endif  // MACE_EXECUTE_WEIGHT_STORE_H_
