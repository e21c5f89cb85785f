// The plans of a compiled model, one for each set of input dims and of outputs, and of values where
// shapes depend on them. Their number and their bytes are bounded: the plan that was unused for the
// longest time is evicted first.
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
#include <string>
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
  // The input dims and the outputs that a plan is made for.
  struct Key {
    InputDims dims;
    OutputSet outputs;
    // Only for a stage (mace/engine/stage.h): the bytes of the values that the stage is made for,
    // and what else tells stages apart.
    std::vector<std::string> values;
    // PlanOptions::wide_integers.
    bool wide_integers = false;

    bool operator<(const Key& other) const {
      return std::tie(dims, outputs, values, wide_integers) <
             std::tie(other.dims, other.outputs, other.values, other.wide_integers);
    }
  };
  using Plans = std::vector<std::shared_ptr<SharedPlan>>;
  using MakePlan = std::function<StatusOr<std::shared_ptr<SharedPlan>>()>;

  // Sets the largest number of plans and the largest sum of their bytes. At least one plan is kept,
  // whatever its size. `shared_bytes` (may be empty) gives the bytes that all plans share and that
  // count once; it is called while the table is locked.
  void SetLimits(size_t max_plans, uint64_t max_bytes, std::function<uint64_t()> shared_bytes);

  struct Found {
    std::shared_ptr<SharedPlan> plan;
    bool was_made = false;  // The plan was made by this call, or by one that this call waited for.
    Plans retired;          // The plans that were evicted; each lives until its last run ends.
  };
  // Gives the plan for the key, and makes it if there is none. If that fails, the calls that waited
  // for the plan get the same error, and the next call tries again. kCancelled or kDeadlineExceeded
  // if the wait for another thread's plan is cancelled.
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
    Status status;                     // The error if the plan could not be made.
    std::shared_ptr<SharedPlan> plan;  // Null: the plan is not ready, or could not be made.
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
