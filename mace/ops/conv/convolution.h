// A convolution bound to shapes, which the reference and all variants of Conv2D, DepthwiseConv2d,
// FullyConnected and MatMul with constant weights use.
//
//   y[n, oh, ow, o] = activation(bias[o] + residual[n, oh, ow, o] +
//       sum over kh, kw, i of filter[o, i, kh, kw] * channel_scale[n, c] * x[n, ih, iw, c])
//
// where
//   c  = group(o) * in_per_group + i
//   ih = oh * stride - pad_before + kh * dilation, and iw accordingly
// x is 0 outside of the image. Without a residual it is 0; without a channel scale it is 1.
//
// Thread contract: thread-compatible.
#ifndef MACE_OPS_CONV_CONVOLUTION_H_
#define MACE_OPS_CONV_CONVOLUTION_H_

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "mace/base/divide.h"
#include "mace/graph/tensor.h"
#include "mace/ops/conv/int8_convolution.h"
#include "mace/ops/elementwise/fused_activation.h"
#include "mace/ops/op.h"
#include "mace/ops/window.h"

namespace mace {

struct Convolution {
  int64_t batch = 1;
  int64_t in_channels = 1;
  int64_t out_channels = 1;
  int64_t groups = 1;
  Window window;
  FusedActivation activation;
  int residual_input = -1;       // Index among the op's inputs; -1: none.
  int channel_scale_input = -1;  // -1: none.
  // The quantization to which the result is rounded; none: it stays float.
  std::optional<Int8Convolution> int8;

  int64_t in_per_group() const { return in_channels / groups; }
  int64_t out_per_group() const { return out_channels / groups; }
  int64_t taps() const { return window.h.kernel * window.w.kernel; }
  int64_t out_pixels() const { return batch * window.h.out * window.w.out; }
  bool depthwise() const { return groups == in_channels && out_channels == in_channels; }
  // Kernel 1x1, stride 1, no padding: output pixel p reads input pixel p alone.
  bool pointwise() const;
  // Groups begin at multiples of four channels on both sides.
  bool groups_aligned() const {
    return groups == 1 || (in_per_group() % 4 == 0 && out_per_group() % 4 == 0);
  }
  bool has_channel_scale() const { return channel_scale_input >= 0; }
  // Tiles of `size` output pixels, which lie in one image each where each image has its channel
  // scale.
  int64_t pixel_tiles(int64_t size) const {
    const int64_t at_once = tiled_pixels();
    return out_pixels() / at_once * CeilDivide(at_once, size);
  }
  // The number of pixels that are cut into tiles: those of all images together, or with a channel
  // scale those of one image.
  int64_t tiled_pixels() const {
    return has_channel_scale() ? window.h.out * window.w.out : out_pixels();
  }
  double flops() const;
};

// The weights of a convolution on their way into a kernel's packing: float32, aligned, and the
// constants themselves where they are that already. `filter(o, i, tap)` order is [out_channels,
// in_per_group, taps] whatever the op's own order; bias has out_channels elements.
struct ConvolutionWeights {
  // Made from the constants; called when they are packed, maybe several times. The result is for the
  // packing alone (HostTensor::ReadAsFloats).
  std::function<StatusOr<HostTensor>()> filter;
  std::function<StatusOr<HostTensor>()> bias;  // Null: none.
  // What both are made of, and what says how the filter's elements are ordered for `filter`: equal
  // texts and equal shapes mean the same order.
  std::vector<HostTensor> filter_constants, bias_constants;
  std::string filter_order = "as stored";
};

// The weights of Conv2D from constants: `filter` is already in order, `bias` may be null.
ConvolutionWeights WeightsFromConstants(const HostTensor& filter, const HostTensor* bias);

// Takes `values` over, as one row.
HostTensor TensorOfFloats(std::vector<float> values);

// The inputs of Conv2D and DepthwiseConv2d: x, filter, [bias], and, as the attributes say, residual
// and channel_scale.
struct ConvolutionExtras {
  bool residual = false;
  bool channel_scale = false;
};
struct ConvolutionInputs {
  int bias = -1;
  int residual = -1;
  int channel_scale = -1;
};
// The places of these inputs among `count` inputs; an absent bias counts too.
ConvolutionInputs PlaceConvolutionInputs(size_t count, const ConvolutionExtras& extras);
// The answer of Op::SplitsAlongBatch: x, residual and channel_scale have the batch, the weights do
// not.
bool ActivationsAreBatched(const ConvolutionInputs& found, const std::vector<bool>& batched);
// Checks the count of inputs, the rank of x and filter, and the dtypes.
StatusOr<ConvolutionInputs> FindConvolutionInputs(const std::vector<OpInput>& inputs,
                                                  const ConvolutionExtras& extras);
// Checks bias (out_channels elements), residual (the output's shape) and channel_scale ([N, 1, 1,
// C]), sets the output.
Status FinishConvolution(const Convolution& convolution, const std::vector<OpInput>& inputs,
                         const ConvolutionInputs& found, std::vector<TensorInfo>* outputs);

// x [N, H, W, C] times channel_scale [N, 1, 1, C].
StatusOr<HostTensor> MultiplyByChannelScale(const HostTensor& x, const HostTensor& channel_scale);

// What the reference reads. A bias or a residual that is absent is an empty tensor.
struct ConvolutionOperands {
  HostTensor x;
  std::vector<float> filter;  // [O, I / groups, kernel height, kernel width].
  HostTensor bias{};
  HostTensor residual{};
};
// The reference, without the channel scale: float products over blocks of the sum, the blocks added
// in double.
void ConvolutionReference(const Convolution& convolution, const ConvolutionOperands& operands,
                          float* y);

}  // namespace mace

#endif  // MACE_OPS_CONV_CONVOLUTION_H_
