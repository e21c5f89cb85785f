// The plans of a compiled model, one for each set of input dims and of outputs. Their number and
// their bytes are bounded: the one longest unused goes first.
#ifndef MACE_ENGINE_PLAN_TABLE_H_
#define MACE_ENGINE_PLAN_TABLE_H_

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <tuple>
#include <vector>

#include "mace/base/status.h"
#include "mace/engine/output_set.h"
#include "mace/engine/shared_plan.h"

namespace mace {

// Thread contract: thread-safe. No lock is held while a plan is made. A thread that wants a plan
// that another thread is making waits for it; cancelling ends that wait (mace/base/cancellation.h).
class PlanTable {
 public:
  using InputDims = std::vector<std::vector<int64_t>>;  // In the order of the model's inputs.
  // What a plan is for.
  struct Key {
    InputDims dims;
    OutputSet outputs;

    bool operator<(const Key& other) const {
      return std::tie(dims, outputs) < std::tie(other.dims, other.outputs);
    }
  };
  using Plans = std::vector<std::shared_ptr<SharedPlan>>;
  using MakePlan = std::function<StatusOr<std::shared_ptr<SharedPlan>>()>;

  // At least one plan is kept, whatever its size. `shared_bytes` (may be empty) gives the bytes
  // that all plans share and that count once; it is called while the table is locked.
  void SetLimits(size_t max_plans, uint64_t max_bytes, std::function<uint64_t()> shared_bytes);

  struct Found {
    std::shared_ptr<SharedPlan> plan;
    bool was_made = false;  // By this call, or by one that it waited for.
    Plans retired;          // Evicted; each lives until its last run ends.
  };
  // The plan for the key, made where there is none. A plan that could not be made is asked for
  // again by the next call; those who waited for it get the same error.
  StatusOr<Found> Get(const Key& key, const MakePlan& make);

  // Notes a use of `plan`, which this table holds or has evicted, without a call of Get.
  void Touch(SharedPlan* plan) { plan->last_use = ++uses_; }
  // All finished plans, the most recently used first.
  Plans All() const;
  // Removes and gives all finished plans, to make room.
  Plans TakeAll();

 private:
  struct Entry {
    bool is_ready = false;
    Status status;                     // Why it could not be made.
    std::shared_ptr<SharedPlan> plan;  // Null: not ready, or failed.
  };
  using Entries = std::map<Key, std::shared_ptr<Entry>>;

  Status WaitFor(const Entry& entry, std::unique_lock<std::mutex>* lock);
  // REQUIRES for the functions below: mutex_ is held.
  Entries::iterator FindOldest();
  Plans TakeSurplus();

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Entries entries_;
  std::atomic<uint64_t> uses_{0};
  size_t max_plans_ = 16;
  uint64_t max_bytes_ = UINT64_MAX;
  std::function<uint64_t()> shared_bytes_;
};

}  // namespace mace

#endif  // MACE_ENGINE_PLAN_TABLE_H_
