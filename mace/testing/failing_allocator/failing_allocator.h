// Lets the n-th allocation of a test program's own code fail, so that a test can try them all.
//
// A program is linked with the options of failing_allocator.bzl: operator new is this library's,
// and calls of malloc, calloc, realloc, posix_memalign, aligned_alloc, mmap and pthread_create go
// through it. This holds for all code that is linked into the program: its own, mace, protobuf and
// the C++ library. What a driver or another shared library allocates within itself is neither
// counted nor failed: drivers may end the process where they have no memory.
//
// Thread contract: one FailingAllocation at a time; it counts and fails on every thread.
#ifndef MACE_TESTING_FAILING_ALLOCATOR_FAILING_ALLOCATOR_H_
#define MACE_TESTING_FAILING_ALLOCATOR_FAILING_ALLOCATOR_H_

#include <cstdint>

namespace mace {

enum class Failures {
  kOne,          // The n-th allocation alone: what comes after finds memory again.
  kFromThereOn,  // The n-th and every later one, as where memory is used up.
};

// Counts allocations while it lives, and lets some of them fail.
class FailingAllocation {
 public:
  // `n` counts from 1; 0: none fails.
  FailingAllocation(uint64_t n, Failures failures);
  ~FailingAllocation();
  FailingAllocation(const FailingAllocation&) = delete;
  FailingAllocation& operator=(const FailingAllocation&) = delete;

  // Allocations since it was made.
  static uint64_t count();
};

}  // namespace mace

#endif  // MACE_TESTING_FAILING_ALLOCATOR_FAILING_ALLOCATOR_H_
