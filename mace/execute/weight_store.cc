#include "mace/execute/weight_store.h"

#include <iterator>
#include <numeric>
#include <utility>

#include "mace/base/catch_exhaustion.h"

namespace mace {

using State = StoredWeights::State;

StoredWeights::~StoredWeights() {
  memory = ClMemory();
  if (block == nullptr) return;
  std::lock_guard<std::mutex> lock(block->mutex);
  block->pages.GiveBack(place);
}

// The weights that a plan has to make. Its destructor makes sure that nobody waits for them
// forever.
class WeightStore::Claim {
 public:
  Claim(WeightStore* store, const Plan& plan, Weights* weights)
      : store_(store), plan_(plan), weights_(*weights) {}
  ~Claim() { store_->Publish(weights_, to_make_, State::kFailed); }
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;

  // Uses weights that others have or are making, and claims the rest.
  void Take(const std::vector<size_t>& wanted) {
    to_make_.reserve(wanted.size());
    std::lock_guard<std::mutex> lock(store_->mutex_);
    auto& known = store_->known_;
    for (auto i = known.begin(); i != known.end();) {
      i = i->second.expired() ? known.erase(i) : std::next(i);
    }
    for (size_t index : wanted) TakeOne(index);
  }
  const std::vector<size_t>& to_make() const { return to_make_; }
  void Made() {
    store_->Publish(weights_, to_make_, State::kReady);
    to_make_.clear();
  }

 private:
  void TakeOne(size_t index) {
    const WeightKey key = WeightKeyOf(plan_, index);
    const bool is_shared = !std::get<0>(key).empty();
    std::shared_ptr<StoredWeights>& weights = weights_[index];
    if (is_shared) {
      const auto found = store_->known_.find(key);
      weights = found == store_->known_.end() ? nullptr : found->second.lock();
      if (weights != nullptr) return;
    }
    weights = std::make_shared<StoredWeights>();
    if (is_shared) store_->known_[key] = weights;
    to_make_.push_back(index);
  }

  WeightStore* const store_;
  const Plan& plan_;
  Weights& weights_;
  std::vector<size_t> to_make_;
};

void WeightStore::Forget(const std::shared_ptr<StoredWeights>& failed) {
  // A search by key would allocate, and memory may have run out.
  for (auto known = known_.begin(); known != known_.end(); ++known) {
    if (known->second.lock() == failed) {
      known_.erase(known);
      return;
    }
  }
}

void WeightStore::Publish(const Weights& weights, const std::vector<size_t>& made, State state) {
  if (made.empty()) return;
  std::lock_guard<std::mutex> lock(mutex_);
  for (size_t index : made) {
    StoredWeights& one = *weights[index];
    one.state = state;
    if (state == State::kReady) {
      ++packings_;
      one.counted = CountedBytes(device_bytes_, one.memory.bytes());
      one.counted_in_store = CountedBytes(bytes_, one.memory.bytes());
      continue;
    }
    Forget(weights[index]);
  }
  changed_.notify_all();
}

std::vector<size_t> WeightStore::Await(const Weights& weights, const std::vector<size_t>& wanted) {
  std::vector<size_t> failed;
  std::unique_lock<std::mutex> lock(mutex_);
  for (size_t index : wanted) {
    const StoredWeights& one = *weights[index];
    changed_.wait(lock, [&] { return one.state != State::kMaking; });
    if (one.state == State::kFailed) failed.push_back(index);
  }
  return failed;
}

StatusOr<WeightStore::Weights> WeightStore::Get(const Plan& plan, const Maker& make) {
  Weights weights(plan.weights.size());
  std::vector<size_t> wanted(weights.size());
  std::iota(wanted.begin(), wanted.end(), size_t{0});
  while (!wanted.empty()) {
    {
      Claim claim(this, plan, &weights);
      claim.Take(wanted);
      MACE_RETURN_IF_ERROR(CatchExhaustion([&] { return make(claim.to_make(), weights); }));
      claim.Made();
    }
    // This thread has finished its own weights by now, so two threads cannot wait for each other.
    wanted = Await(weights, wanted);
  }
  return weights;
}

uint64_t WeightStore::BytesOf(const Plan& plan) const {
  uint64_t bytes = 0;
  std::lock_guard<std::mutex> lock(mutex_);
  for (size_t index : DistinctWeights(plan)) {
    const auto known = known_.find(WeightKeyOf(plan, index));
    if (known != known_.end() && !known->second.expired())
      bytes += WeightBytes(plan.weights[index]);
  }
  return bytes;
}

void WeightStore::OfferPacking(std::shared_ptr<HostPacking> packing) {
  std::lock_guard<std::mutex> lock(mutex_);
  offered_ = std::move(packing);
}

std::shared_ptr<HostPacking> WeightStore::TakePacking() {
  std::lock_guard<std::mutex> lock(mutex_);
  return std::move(offered_);
}

uint64_t WeightStore::packings() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return packings_;
}

}  // namespace mace
