#include "mace/engine/plan_table.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "mace/base/cancellation.h"
#include "mace/base/catch_exhaustion.h"

namespace mace {
namespace {

// A cancellation wakes no waiting thread, so waiting threads look for one at this interval.
constexpr std::chrono::milliseconds kCancellationInterval(5);

}  // namespace

void PlanTable::SetLimits(size_t max_plans, uint64_t max_bytes,
                          std::function<uint64_t()> shared_bytes) {
  std::lock_guard<std::mutex> lock(mutex_);
  max_plans_ = std::max<size_t>(max_plans, 1);
  max_bytes_ = max_bytes;
  shared_bytes_ = std::move(shared_bytes);
}

Status PlanTable::WaitFor(const Entry& entry, std::unique_lock<std::mutex>* lock) {
  while (!entry.is_ready) {
    MACE_RETURN_IF_ERROR(CheckCancelled());
    changed_.wait_for(*lock, kCancellationInterval);
  }
  return entry.status;
}

StatusOr<PlanTable::Found> PlanTable::Get(const Key& key, const MakePlan& make) {
  Found found;
  std::unique_lock<std::mutex> lock(mutex_);
  const auto known = entries_.find(key);
  if (known != entries_.end()) {
    const std::shared_ptr<Entry> entry = known->second;
    found.was_made = !entry->is_ready;
    MACE_RETURN_IF_ERROR(WaitFor(*entry, &lock));
    found.plan = entry->plan;
    Touch(found.plan.get());
    return found;
  }
  const auto entry = std::make_shared<Entry>();
  entries_.emplace(key, entry);
  lock.unlock();
  StatusOr<std::shared_ptr<SharedPlan>> made = CatchExhaustion(make);
  lock.lock();
  entry->is_ready = true;
  entry->status = made.status();
  changed_.notify_all();
  if (!made.ok()) {
    entries_.erase(key);
    return made.status();
  }
  found.plan = entry->plan = *std::move(made);
  Touch(found.plan.get());
  found.was_made = true;
  found.retired = TakeSurplus();
  return found;
}

PlanTable::Entries::iterator PlanTable::FindOldest() {
  auto oldest = entries_.end();
  for (auto i = entries_.begin(); i != entries_.end(); ++i) {
    if (i->second->plan == nullptr) continue;
    if (oldest == entries_.end() || i->second->plan->last_use < oldest->second->plan->last_use) {
      oldest = i;
    }
  }
  return oldest;
}

PlanTable::Plans PlanTable::TakeSurplus() {
  Plans taken;
  while (true) {
    size_t count = 0;
    uint64_t bytes = shared_bytes_ ? shared_bytes_() : 0;
    for (const auto& [key, entry] : entries_) {
      if (entry->plan == nullptr) continue;
      ++count;
      bytes += entry->plan->bytes();
    }
    if (count < 2 || (count <= max_plans_ && bytes <= max_bytes_)) return taken;
    const auto oldest = FindOldest();
    taken.push_back(oldest->second->plan);
    entries_.erase(oldest);
  }
}

PlanTable::Plans PlanTable::All() const {
  std::lock_guard<std::mutex> lock(mutex_);
  // A copy of `last_use`, because other threads go on changing it.
  std::vector<std::pair<uint64_t, std::shared_ptr<SharedPlan>>> ready;
  for (const auto& [key, entry] : entries_) {
    if (entry->plan != nullptr) ready.emplace_back(entry->plan->last_use, entry->plan);
  }
  std::sort(ready.begin(), ready.end(),
            [](const auto& a, const auto& b) { return a.first > b.first; });
  Plans plans;
  for (auto& [use, plan] : ready) plans.push_back(std::move(plan));
  return plans;
}

PlanTable::Plans PlanTable::TakeAll() {
  Plans taken;
  std::lock_guard<std::mutex> lock(mutex_);
  for (auto i = entries_.begin(); i != entries_.end();) {
    if (i->second->plan == nullptr) {
      ++i;
      continue;
    }
    taken.push_back(i->second->plan);
    i = entries_.erase(i);
  }
  return taken;
}

}  // namespace mace
