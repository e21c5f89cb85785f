// DepthwiseConv2d: inputs x [N, H, W, C], filter [M, C, KH, KW] with M the multiplier, [bias
// [C * M]] and, with the attribute residual = 1, a last input of the output's shape that is added
// before the activation. Output channel c * M + m is input channel c under filter [m, c]. Other
// attributes: window.h, fused_activation.h, int8.h. It is a convolution in C groups.
#include <algorithm>
#include <memory>

#include "mace/ops/conv/convolution_op.h"

namespace mace {
namespace {

// [M, C, KH, KW] as [C * M, 1, KH, KW].
std::vector<float> ByOutputChannel(const HostTensor& filter) {
  const std::vector<float> from = ToFloatVector(filter);
  const int64_t multiplier = filter.shape().dim(0), channels = filter.shape().dim(1);
  const int64_t taps = filter.shape().elements(2, 4);
  std::vector<float> to(from.size());
  for (int64_t m = 0; m < multiplier; ++m) {
    for (int64_t c = 0; c < channels; ++c) {
      const auto begin = from.begin() + (m * channels + c) * taps;
      std::copy(begin, begin + taps, to.begin() + (c * multiplier + m) * taps);
    }
  }
  return to;
}

class DepthwiseConv2d : public ConvolutionOp {
 public:
  DepthwiseConv2d() : ConvolutionOp("depthwise_conv2d") {}

  static StatusOr<std::unique_ptr<Op>> Make(const Node& node) {
    auto op = std::make_unique<DepthwiseConv2d>();
    MACE_RETURN_IF_ERROR(op->ParseAttributes(node.attributes));
    return std::unique_ptr<Op>(std::move(op));
  }

 private:
  StatusOr<Convolution> Describe(const Shape& x, const Shape& filter) const override {
    if (x.dim(0) < 1 || x.dim(3) < 1 || filter.dim(0) < 1 || x.dim(3) != filter.dim(1)) {
      return InvalidArgument("x " + x.ToString() + " does not fit filter " + filter.ToString() +
                             " (multiplier, channels, height, width)");
    }
    // The filter has multiplier * channels elements at least: the product is inside Shape's limit.
    Convolution convolution;
    convolution.batch = x.dim(0);
    convolution.in_channels = x.dim(3);
    convolution.out_channels = filter.dim(0) * filter.dim(1);
    convolution.groups = convolution.in_channels;
    return convolution;
  }

  // With a multiplier of one the order is the same.
  const FilterOrder* OrderOf(const Shape& filter) const override {
    static constexpr FilterOrder kMultiplied = {"multiplied depthwise", &ByOutputChannel};
    return filter.dim(0) == 1 ? nullptr : &kMultiplied;
  }
};

}  // namespace

extern const OpDefinition kDepthwiseConv2dOp;
const OpDefinition kDepthwiseConv2dOp = {"DepthwiseConv2d", 2, 4, DepthwiseConv2d::Make};

}  // namespace mace
