#include "mace/base/memory_budget.h"

#include <string>
#include <utility>

namespace mace {
namespace {

// A plain pointer: what a thread must destroy at its end, the C library notes under the lock of the
// dynamic loader, and the first use would wait until another thread has loaded the driver.
thread_local const ScopedMemoryBudget* scope_of_thread = nullptr;

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
    : budget_(std::move(budget)), previous_(std::exchange(scope_of_thread, this)) {}

ScopedMemoryBudget::~ScopedMemoryBudget() { scope_of_thread = previous_; }

const std::shared_ptr<MemoryBudget>& ScopedMemoryBudget::Current() {
  static const auto* const none = new std::shared_ptr<MemoryBudget>;
  return scope_of_thread == nullptr ? *none : scope_of_thread->budget_;
}

}  // namespace mace
