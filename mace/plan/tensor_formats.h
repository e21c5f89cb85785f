// What a format makes of a tensor on the device.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_PLAN_TENSOR_FORMATS_H_
#define MACE_PLAN_TENSOR_FORMATS_H_

#include <cstddef>

#include "mace/graph/shape.h"
#include "mace/ops/layout.h"

namespace mace {

// What the host sends and receives; half precision is the device's own affair.
inline constexpr TensorFormat kHostFormat = {Layout::kRowMajor, Storage::kBuffer,
                                             Precision::kFloat32};

// Texels of the image that holds a channels4 tensor of this shape.
struct ImageExtent {
  size_t width = 0;
  size_t height = 0;
};
ImageExtent ImageExtentOf(const Shape& shape);

// Both formats are the same bytes: row_major, and channels4 in a buffer without padding; blocks too
// where there is but one, or one position.
bool SameBytes(const Shape& shape, const TensorFormat& a, const TensorFormat& b);

}  // namespace mace

#endif  // MACE_PLAN_TENSOR_FORMATS_H_
