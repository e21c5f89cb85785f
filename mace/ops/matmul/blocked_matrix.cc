#include "mace/ops/matmul/blocked_matrix.h"

namespace mace {

void BlockedMatrix::Decode(int64_t first, int64_t count, const uint8_t* packed, const float* scales,
                           const float* zero_points, float* to) const {
  for (int64_t row = first; row < first + count; ++row) {
    const uint8_t* const bytes = packed + row * row_bytes();
    for (int64_t column = 0; column < columns; ++column) {
      const int64_t block = row * blocks() + column / block_size;
      *to++ = (static_cast<float>(NumberAt(bytes, column)) - zero_points[block]) * scales[block];
    }
  }
}

}  // namespace mace
