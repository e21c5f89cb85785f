#include "mace/runtime/kept_plans.h"

#include <iterator>

namespace mace {

KeptPlans::Plans KeptPlans::TakeFrom(size_t first) {
  Plans taken;
  if (first >= plans_.size()) return taken;
  const auto begin = plans_.begin() + static_cast<std::ptrdiff_t>(first);
  std::move(begin, plans_.end(), std::back_inserter(taken));
  plans_.erase(begin, plans_.end());
  return taken;
}

KeptPlans::Plans KeptPlans::TakeSurplus(size_t room) {
  const size_t most = limits_.most_plans > room ? limits_.most_plans - room : 0;
  size_t kept = 0;
  uint64_t bytes = 0;
  for (; kept < plans_.size(); ++kept) {
    bytes += plans_[kept]->bytes();
    if (kept > 0 && (kept >= most || bytes > limits_.most_bytes)) break;
  }
  return TakeFrom(kept);
}

KeptPlans::Plans KeptPlans::TakeOthers() { return TakeFrom(1); }

}  // namespace mace
