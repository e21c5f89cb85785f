// A bound on the host memory that tensors take.
//
// A model, an option or a caller gives the shapes of tensors, and so the sizes of allocations. Work
// that such sizes steer runs under a budget: each HostTensor that a thread allocates while a
// ScopedMemoryBudget lives there is counted, and an allocation that would pass the limit is
// kResourceExhausted before any memory is taken. The count goes back when the tensor's memory is
// freed, on whatever thread that happens.
#ifndef MACE_BASE_MEMORY_BUDGET_H_
#define MACE_BASE_MEMORY_BUDGET_H_

#include <atomic>
#include <cstdint>
#include <memory>

#include "mace/base/status.h"

namespace mace {

// Thread contract: thread-safe.
class MemoryBudget {
 public:
  // `limit` in bytes.
  explicit MemoryBudget(uint64_t limit) : limit_(limit) {}

  // Counts `bytes`. kResourceExhausted, with the bytes asked for, the limit and the bytes in use,
  // when the limit would be passed; nothing is counted then.
  Status Reserve(uint64_t bytes);
  // REQUIRES: the bytes were reserved.
  void Release(uint64_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }
  // Whether Reserve would be OK now.
  bool HasRoomFor(uint64_t bytes) const;

  uint64_t limit() const { return limit_; }
  uint64_t used() const { return used_.load(std::memory_order_relaxed); }
  uint64_t peak() const { return peak_.load(std::memory_order_relaxed); }

 private:
  const uint64_t limit_;
  std::atomic<uint64_t> used_{0};
  std::atomic<uint64_t> peak_{0};
};

// Makes a budget the one of this thread until the object goes; the budget that the thread had
// before is then its budget again. A thread that is started does not inherit the budget of its
// starter: its body makes a ScopedMemoryBudget of its own. Thread contract: used on the thread that
// made it.
class ScopedMemoryBudget {
 public:
  // Null: no bound.
  explicit ScopedMemoryBudget(std::shared_ptr<MemoryBudget> budget);
  ~ScopedMemoryBudget();
  ScopedMemoryBudget(const ScopedMemoryBudget&) = delete;
  ScopedMemoryBudget& operator=(const ScopedMemoryBudget&) = delete;

  // The budget of this thread; null where there is none.
  static const std::shared_ptr<MemoryBudget>& Current();

 private:
  const std::shared_ptr<MemoryBudget> budget_;
  const ScopedMemoryBudget* const previous_;  // Of this thread; null where there was none.
};

}  // namespace mace

#endif  // MACE_BASE_MEMORY_BUDGET_H_
