// The plans that an engine keeps, one for each set of input shapes. Their number and their bytes
// are bounded: the plan longest unused goes first.
//
// Thread contract: thread-compatible.
#ifndef MACE_RUNTIME_KEPT_PLANS_H_
#define MACE_RUNTIME_KEPT_PLANS_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <vector>

#include "mace/runtime/planned_model.h"

namespace mace {

struct PlanLimits {
  size_t most_plans = 16;            // At least 1.
  uint64_t most_bytes = UINT64_MAX;  // Of all together; the last one used is kept whatever it has.
};

class KeptPlans {
 public:
  using Plans = std::vector<std::unique_ptr<PlannedModel>>;

  void set_limits(const PlanLimits& limits) { limits_ = limits; }

  // The plan last used. Null before the first Add.
  PlannedModel* current() const { return plans_.empty() ? nullptr : plans_.front().get(); }
  // The plan for such inputs, which is current() from here on; null where none is kept.
  // `inputs`: tensors, or what they are.
  template <typename Inputs>
  PlannedModel* Use(const Inputs& inputs) {
    const auto found = std::find_if(plans_.begin(), plans_.end(),
                                    [&](const auto& plan) { return plan->Accepts(inputs); });
    if (found == plans_.end()) return nullptr;
    std::rotate(plans_.begin(), found, std::next(found));
    return current();
  }
  // `plan` is current() from here on.
  void Add(std::unique_ptr<PlannedModel> plan) { plans_.insert(plans_.begin(), std::move(plan)); }

  // Takes out the plans that have to go so that `room` more fit; never current().
  Plans TakeSurplus(size_t room);
  // Takes out all but current().
  Plans TakeOthers();

  // Last used first.
  const Plans& all() const { return plans_; }

 private:
  Plans TakeFrom(size_t first);

  PlanLimits limits_;
  Plans plans_;
};

}  // namespace mace

#endif  // MACE_RUNTIME_KEPT_PLANS_H_
