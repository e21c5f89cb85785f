// The sliding window of ONNX's convolutions and pools over one, two or three axes, and how tensors
// of such ranks become the images that the graph's ops know.
#ifndef MACE_FORMATS_ONNX_WINDOW_H_
#define MACE_FORMATS_ONNX_WINDOW_H_

#include <cstdint>
#include <string>
#include <vector>

#include "mace/formats/onnx/node.h"

namespace mace {

// The longest kernel over depth: each of its taps is a convolution over height and width.
inline constexpr int64_t kMaxDeepTaps = 64;

struct OnnxWindow {
  // One number each axis.
  std::vector<int64_t> kernel, strides, dilations, before, after;
  // "NOTSET", or what before and after follow from.
  std::string auto_pad;

  size_t axes() const { return kernel.size(); }
  int64_t span(size_t axis) const { return (kernel[axis] - 1) * dilations[axis] + 1; }
  // Sets before and after of SAME_UPPER and SAME_LOWER for these input extents.
  void Resolve(const std::vector<int64_t>& extents);
  // Attributes strides, dilations and pads of an op over height and width, from two axes of the
  // window; -1: the axis is none of the window's, and its kernel is 1.
  void SetPair(int height, int width, AttributeMap* attributes) const;
};

// Attributes auto_pad, dilations, kernel_shape, pads and strides. `kernel`: that of the weights,
// which kernel_shape must agree with; empty for a pool, which must say it.
StatusOr<OnnxWindow> ReadOnnxWindow(const OnnxNode& node, const std::vector<int64_t>& kernel,
                                    size_t axes);

// [n, c, l] as [n, 1, l, c], [n, c, h, w] as [n, h, w, c]; and back. kUnsupported for other ranks.
StatusOr<ValueId> OnnxToImage(OnnxNode* node, ValueId id);
StatusOr<ValueId> OnnxFromImage(OnnxNode* node, ValueId id, int rank);

}  // namespace mace

#endif  // MACE_FORMATS_ONNX_WINDOW_H_
