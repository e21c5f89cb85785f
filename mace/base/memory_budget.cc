#include "mace/base/memory_budget.h"

#include <string>
#include <utility>

namespace mace {
namespace {

std::shared_ptr<MemoryBudget>& CurrentBudget() {
  thread_local std::shared_ptr<MemoryBudget> budget;
  return budget;
}

}  // namespace

Status MemoryBudget::Reserve(uint64_t bytes) {
  uint64_t used = used_.load(std::memory_order_relaxed);
  do {
    if (used > limit_ || bytes > limit_ - used) {
      return ResourceExhausted("host memory: expected at most " + std::to_string(limit_) +
                               " bytes in all, found " + std::to_string(bytes) +
                               " more asked for while " + std::to_string(used) + " are in use");
    }
  } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
  uint64_t peak = peak_.load(std::memory_order_relaxed);
  while (peak < used + bytes &&
         !peak_.compare_exchange_weak(peak, used + bytes, std::memory_order_relaxed)) {
  }
  return Status();
}

bool MemoryBudget::HasRoomFor(uint64_t bytes) const {
  const uint64_t now = used();
  return now <= limit_ && bytes <= limit_ - now;
}

ScopedMemoryBudget::ScopedMemoryBudget(std::shared_ptr<MemoryBudget> budget)
    : previous_(std::exchange(CurrentBudget(), std::move(budget))) {}

ScopedMemoryBudget::~ScopedMemoryBudget() { CurrentBudget() = std::move(previous_); }

const std::shared_ptr<MemoryBudget>& ScopedMemoryBudget::Current() { return CurrentBudget(); }

}  // namespace mace
