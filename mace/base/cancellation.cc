#include "mace/base/cancellation.h"

namespace mace {
namespace {

thread_local const Cancellation* cancellation_of_thread = nullptr;

}  // namespace

Status Cancellation::Check() const {
  if (cancelled_.load(std::memory_order_relaxed)) return Cancelled("the run was cancelled");
  if (deadline_.has_value() && Clock::now() >= *deadline_) {
    return DeadlineExceeded("the run's time limit has passed");
  }
  return Status();
}

ScopedCancellation::ScopedCancellation(const Cancellation* cancellation)
    : previous_(cancellation_of_thread) {
  cancellation_of_thread = cancellation;
}

ScopedCancellation::~ScopedCancellation() { cancellation_of_thread = previous_; }

Status CheckCancelled() {
  return cancellation_of_thread == nullptr ? Status() : cancellation_of_thread->Check();
}

}  // namespace mace
