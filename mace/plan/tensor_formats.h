// The size and layout of tensors on the device.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_PLAN_TENSOR_FORMATS_H_
#define MACE_PLAN_TENSOR_FORMATS_H_

#include <cstddef>

#include "mace/graph/shape.h"
#include "mace/kernel/layout.h"

namespace mace {

// The format of uploads and downloads: always float32, even if the device computes in half
// precision.
inline constexpr TensorFormat kHostFormat = {Layout::kRowMajor, Storage::kBuffer,
                                             Precision::kFloat32};

// The extents in texels of the image that holds a channels4 tensor of this shape.
struct ImageExtent {
  size_t width = 0;
  size_t height = 0;
};
ImageExtent ImageExtentOf(const Shape& shape);

// Whether a tensor of this shape has the same bytes in both formats. Examples: row-major and
// channels4 in a buffer without padding; blocks of channels with one block or one position.
bool SameBytes(const Shape& shape, const TensorFormat& a, const TensorFormat& b);

}  // namespace mace

#endif  // MACE_PLAN_TENSOR_FORMATS_H_
