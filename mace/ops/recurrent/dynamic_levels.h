// Floats rounded to 8 bits, with a scale and a zero point that follow from their range, as ONNX's
// DynamicQuantizeLinear says: float[i] is about scale * (level[i] - zero_point).
#ifndef MACE_OPS_RECURRENT_DYNAMIC_LEVELS_H_
#define MACE_OPS_RECURRENT_DYNAMIC_LEVELS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "mace/ops/recurrent/byte_product.h"

namespace mace {

// Thread contract: thread-compatible.
class DynamicLevels {
 public:
  // Replaces the levels by those of a matrix [rows, width]; all its numbers have one range, to which
  // 0 belongs. A NaN does not count in the range. Allocates where the matrix is larger than those
  // before.
  void Quantize(const float* numbers, size_t rows, size_t width);

  float scale() const { return scale_; }
  int32_t zero_point() const { return zero_point_; }
  // The sum of the levels of a row, less the zero point of each.
  int32_t row_sum(size_t row) const { return row_sums_[row]; }
  ByteRows Rows(size_t first, size_t count) const {
    return {levels_.data() + first * pitch_, count, pitch_};
  }

 private:
  std::vector<uint8_t> levels_;
  std::vector<int32_t> row_sums_;
  size_t pitch_ = 0;
  float scale_ = 1;
  int32_t zero_point_ = 0;
};

}  // namespace mace

#endif  // MACE_OPS_RECURRENT_DYNAMIC_LEVELS_H_
