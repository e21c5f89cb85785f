// Conv2D: any kernel, stride, dilation and group; inputs x [N, H, W, C], filter
// [O, C / group, KH, KW], [bias [O]]; with the attribute residual = 1 then one of the output's
// shape that is added before the activation; with channel_scale = 1 then one [N, 1, 1, C] that x is
// multiplied by. Other attributes: window.h, group, fused_activation.h,
// int8.h.
#include <memory>

#include "mace/ops/conv/convolution_op.h"

namespace mace {
namespace {

class Conv2D : public ConvolutionOp {
 public:
  Conv2D() : ConvolutionOp("conv2d") {}

  static StatusOr<std::unique_ptr<Op>> Make(const Node& node) {
    auto op = std::make_unique<Conv2D>();
    MACE_RETURN_IF_ERROR(op->ParseAttributes(node.attributes));
    op->groups_ = node.attributes.GetInt("group", 1);
    if (op->groups_ < 1) {
      return InvalidArgument("group: expected at least 1, found " + std::to_string(op->groups_));
    }
    op->set_channel_scale(node.attributes.GetInt("channel_scale", 0) != 0);
    return std::unique_ptr<Op>(std::move(op));
  }

 private:
  StatusOr<Convolution> Describe(const Shape& x, const Shape& filter) const override {
    Convolution convolution;
    convolution.batch = x.dim(0);
    convolution.in_channels = x.dim(3);
    convolution.out_channels = filter.dim(0);
    convolution.groups = groups_;
    if (convolution.out_channels < 1 || convolution.in_channels < 1) {
      return InvalidArgument("expected extents of at least 1 besides the batch, found x " +
                             x.ToString() + " and filter " + filter.ToString());
    }
    if (convolution.in_channels % groups_ != 0 || convolution.out_channels % groups_ != 0 ||
        convolution.in_channels / groups_ != filter.dim(1)) {
      return InvalidArgument("x " + x.ToString() + " does not fit filter " + filter.ToString() +
                             " (output, input / group, height, width) in " +
                             std::to_string(groups_) + " groups");
    }
    return convolution;
  }

  const FilterOrder* OrderOf(const Shape& /*filter*/) const override { return nullptr; }

  int64_t groups_ = 1;
};

}  // namespace

extern const OpDefinition kConv2DOp;
const OpDefinition kConv2DOp = {"Conv2D", 2, 5, Conv2D::Make};

}  // namespace mace
