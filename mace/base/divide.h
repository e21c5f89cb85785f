// Whole numbers divided and rounded up.
#ifndef MACE_BASE_DIVIDE_H_
#define MACE_BASE_DIVIDE_H_

#include <cstddef>
#include <cstdint>

namespace mace {

// The least whole number not below n / by, for any n: nothing in it overflows. REQUIRES: by > 0.
constexpr int64_t CeilDivide(int64_t n, int64_t by) { return n > 0 ? (n - 1) / by + 1 : n / by; }

// The least multiple of `to` not below n. REQUIRES: n >= 0, to > 0; the result fits.
constexpr int64_t RoundUp(int64_t n, int64_t to) { return CeilDivide(n, to) * to; }

// RoundUp of a size or an offset in memory. REQUIRES: alignment > 0; the result fits.
constexpr size_t AlignUp(size_t bytes, size_t alignment) {
  return (bytes + alignment - 1) / alignment * alignment;
}

}  // namespace mace

#endif  // MACE_BASE_DIVIDE_H_
