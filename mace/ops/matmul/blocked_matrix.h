// A matrix of 2, 4 or 8 bits an element, in blocks along its rows that have a scale and a zero point
// each, as the operator MatMulNBits of com.microsoft stores weights.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_OPS_MATMUL_BLOCKED_MATRIX_H_
#define MACE_OPS_MATMUL_BLOCKED_MATRIX_H_

#include <cstdint>

#include "mace/base/divide.h"

namespace mace {

struct BlockedMatrix {
  int64_t rows = 0, columns = 0;
  int64_t bits = 4;         // 2, 4 or 8.
  int64_t block_size = 32;  // Columns of a block; whole words of 32 bits.

  int64_t blocks() const { return CeilDivide(columns, block_size); }  // Of a row.
  int64_t per_byte() const { return 8 / bits; }
  int64_t row_bytes() const { return blocks() * block_size / per_byte(); }

  // The element of a row of packed bytes: the first ones are in the low bits.
  int64_t NumberAt(const uint8_t* row, int64_t column) const {
    const int shift = static_cast<int>(column % per_byte() * bits);
    return row[column / per_byte()] >> shift & ((1 << bits) - 1);
  }

  // Writes `count` rows from row `first` on as floats, (number - zero point) * scale: the difference
  // is exact, the product is rounded once. `packed`: rows of row_bytes(). `scales` and
  // `zero_points`: rows * blocks().
  void Decode(int64_t first, int64_t count, const uint8_t* packed, const float* scales,
              const float* zero_points, float* to) const;
};

}  // namespace mace

#endif  // MACE_OPS_MATMUL_BLOCKED_MATRIX_H_
