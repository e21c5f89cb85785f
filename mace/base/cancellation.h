// Ending a run early, because its caller does not want the result any more.
//
// Work that may take long asks CheckCancelled() between its parts. Code that starts such work on a
// thread makes a ScopedCancellation there.
#ifndef MACE_BASE_CANCELLATION_H_
#define MACE_BASE_CANCELLATION_H_

#include <atomic>
#include <chrono>
#include <optional>

#include "mace/base/status.h"

namespace mace {

// Thread contract: thread-safe, but for Restart.
class Cancellation {
 public:
  using Clock = std::chrono::steady_clock;

  void Cancel() { cancelled_ = true; }
  // Sets the object back to its first state, with a deadline or none. REQUIRES: nobody else uses
  // the object.
  void Restart(std::optional<Clock::time_point> deadline) {
    cancelled_ = false;
    deadline_ = deadline;
  }
  // kCancelled or kDeadlineExceeded where the work is to end.
  Status Check() const;

 private:
  std::atomic<bool> cancelled_{false};
  std::optional<Clock::time_point> deadline_;
};

// Makes a cancellation the one of this thread until the object goes. Thread contract: used on the
// thread that made it.
class ScopedCancellation {
 public:
  explicit ScopedCancellation(const Cancellation* cancellation);
  ~ScopedCancellation();
  ScopedCancellation(const ScopedCancellation&) = delete;
  ScopedCancellation& operator=(const ScopedCancellation&) = delete;

 private:
  const Cancellation* const previous_;
};

// Check() of this thread's cancellation; OK where it has none.
Status CheckCancelled();

}  // namespace mace

#endif  // MACE_BASE_CANCELLATION_H_
