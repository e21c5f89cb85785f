// The inner loop of packing weights: rows become columns, in blocks that stay in the nearest cache.
//
// A start packs every weight once, so this runs at the speed of memory, not of a loop over single
// floats: 4 x 4 at a time in registers, a cache line of each row after another.
// Thread contract: thread-safe (a pure function).
#ifndef MACE_OPS_CONV_PACK_TRANSPOSE_H_
#define MACE_OPS_CONV_PACK_TRANSPOSE_H_

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace mace {

// to_row(c)[r] = from[r * stride + c] for r < rows, c < columns. `to_row` gives where the r-th
// floats of column c go, `rows` of them one after the other.
template <typename ToRow>
void TransposeBlocked(const float* from, int64_t rows, int64_t columns, int64_t stride,
                      const ToRow& to_row) {
  using Four = float __attribute__((vector_size(16)));
  constexpr int64_t kLine = 16;  // Floats of a cache line.
  const int64_t whole_rows = rows / 4 * 4;
  for (int64_t c0 = 0; c0 < columns; c0 += kLine) {
    const int64_t end = std::min(columns, c0 + kLine);
    float* to[kLine];
    for (int64_t c = c0; c < end; ++c) to[c - c0] = to_row(c);
    for (int64_t r = 0; r < whole_rows; r += 4) {
      const float* at = from + r * stride;
      int64_t c = c0;
      for (; c + 4 <= end; c += 4) {
        Four a, b, d, e;
        std::memcpy(&a, at + c, sizeof(Four));
        std::memcpy(&b, at + stride + c, sizeof(Four));
        std::memcpy(&d, at + 2 * stride + c, sizeof(Four));
        std::memcpy(&e, at + 3 * stride + c, sizeof(Four));
        const Four ab_low = __builtin_shufflevector(a, b, 0, 4, 1, 5);
        const Four ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
        const Four de_low = __builtin_shufflevector(d, e, 0, 4, 1, 5);
        const Four de_high = __builtin_shufflevector(d, e, 2, 6, 3, 7);
        const Four turned[4] = {__builtin_shufflevector(ab_low, de_low, 0, 1, 4, 5),
                                __builtin_shufflevector(ab_low, de_low, 2, 3, 6, 7),
                                __builtin_shufflevector(ab_high, de_high, 0, 1, 4, 5),
                                __builtin_shufflevector(ab_high, de_high, 2, 3, 6, 7)};
        for (int k = 0; k < 4; ++k) std::memcpy(to[c - c0 + k] + r, &turned[k], sizeof(Four));
      }
      for (; c < end; ++c) {
        for (int k = 0; k < 4; ++k) to[c - c0][r + k] = at[k * stride + c];
      }
    }
    for (int64_t c = c0; c < end; ++c) {
      for (int64_t r = whole_rows; r < rows; ++r) to[c - c0][r] = from[r * stride + c];
    }
  }
}

}  // namespace mace

#endif  // MACE_OPS_CONV_PACK_TRANSPOSE_H_
