// How a tensor lies on the device in a format.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_PLAN_TENSOR_FORMATS_H_
#define MACE_PLAN_TENSOR_FORMATS_H_

#include <cstddef>

#include "mace/graph/shape.h"
#include "mace/kernel/layout.h"

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

// Whether a tensor of this shape has the same bytes in both formats, as row-major and channels4
// have in a buffer without padding, and blocks have where there is only one block or one position.
bool SameBytes(const Shape& shape, const TensorFormat& a, const TensorFormat& b);

}  // namespace mace

#endif  // MACE_PLAN_TENSOR_FORMATS_H_
