// The target size of ResizeBilinear, ResizeBicubic and ResizeNearestNeighbor, and which elements of
// the input a coordinate of the output is made from, as TensorFlow defines it (in float, so that the
// same pixels are chosen).
//
// Attributes: size [h, w] (a constant second input wins over it), align_corners (0), and
// coordinate_transformation_mode (0), which says where output o lies:
//   0 none                o * scale
//   1 half_pixel          (o + 0.5) * scale - 0.5
//   2 pytorch_half_pixel  as half_pixel, but 0 for an extent of 1
//
// The scale is in / out, or (in - 1) / (out - 1) with align_corners and an output extent above 1.
// Nearest neighbours of the half-pixel modes are at (o + 0.5) * scale, rounded down.
//
// Thread contract: thread-compatible, plain data.
#ifndef MACE_OPS_RESIZE_RESIZE_SOURCES_H_
#define MACE_OPS_RESIZE_RESIZE_SOURCES_H_

#include <vector>

#include "mace/ops/op.h"

namespace mace {

enum class CoordinateMode { kNone = 0, kHalfPixel = 1, kPytorchHalfPixel = 2 };

// Between which two input coordinates an output coordinate lies; lerp is the upper one's share.
struct ResizeSource {
  int64_t lower = 0;
  int64_t upper = 0;
  float lerp = 0;
};

// The four input coordinates around an output coordinate, held inside the input, and their shares.
struct CubicSource {
  int64_t at[4];
  float share[4];
};

struct ResizeAttributes {
  std::vector<int64_t> size;  // [h, w], or empty.
  bool align_corners = false;
  CoordinateMode mode = CoordinateMode::kNone;

  // kInvalidArgument says which attribute, expected and found.
  static StatusOr<ResizeAttributes> Parse(const AttributeMap& attributes);

  // [n, h, w, c] of the result; kInvalidArgument where the input is no 4-D float tensor with
  // elements, or where there is no size.
  StatusOr<Shape> InferShape(const std::vector<OpInput>& inputs) const;

  std::vector<ResizeSource> BilinearSources(int64_t in, int64_t out) const;
  // Cubic convolution (Keys) with a = -0.75, or with a = -0.5 in the mode half_pixel, where
  // elements outside the input have no weight and the weights of the others are scaled up. As in
  // TensorFlow, the place between two elements is rounded to 1/1024.
  std::vector<CubicSource> BicubicSources(int64_t in, int64_t out) const;
  std::vector<int64_t> NearestSources(int64_t in, int64_t out) const;
};

}  // namespace mace

#endif  // MACE_OPS_RESIZE_RESIZE_SOURCES_H_
