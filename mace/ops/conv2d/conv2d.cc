// Conv2D: any kernel, stride, dilation and group; inputs x [N, H, W, C], filter
// [O, C / group, KH, KW], [bias [O]] and, with the attribute residual = 1, a last input of the
// output's shape that is added before the activation. Other attributes: window.h, group,
// fused_activation.h.
#include <memory>
#include <string>
#include <utility>

#include "mace/ops/conv2d/convolution.h"
#include "mace/ops/conv2d/convolution_lowering.h"
#include "mace/ops/op.h"

namespace mace {
namespace {

class Conv2D : public Op {
 public:
  static StatusOr<std::unique_ptr<Op>> Make(const Node& node) {
    auto op = std::make_unique<Conv2D>();
    MACE_ASSIGN_OR_RETURN(op->window_, WindowAttributes::Parse(node.attributes));
    MACE_ASSIGN_OR_RETURN(op->activation_, FusedActivation::Parse(node.attributes));
    op->groups_ = node.attributes.GetInt("group", 1);
    if (op->groups_ < 1) {
      return InvalidArgument("group: expected at least 1, found " + std::to_string(op->groups_));
    }
    op->residual_ = node.attributes.GetInt("residual", 0) != 0;
    return std::unique_ptr<Op>(std::move(op));
  }

  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    MACE_ASSIGN_OR_RETURN(const ConvolutionInputs found, FindConvolutionInputs(inputs, residual_));
    MACE_ASSIGN_OR_RETURN(const Convolution convolution,
                          Bind(inputs[0].info.shape, inputs[1].info.shape, found));
    return FinishConvolution(convolution, inputs, found, outputs);
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    ConvolutionInputs found;
    if (residual_) found.residual = static_cast<int>(inputs.size()) - 1;
    if (inputs.size() > (residual_ ? 3u : 2u)) found.bias = 2;
    MACE_ASSIGN_OR_RETURN(const Convolution convolution,
                          Bind(inputs[0].shape(), inputs[1].shape(), found));
    const HostTensor none;
    ConvolutionReference(
        convolution, inputs[0], ToFloatVector(inputs[1]), found.bias >= 0 ? inputs[2] : none,
        residual_ ? inputs[static_cast<size_t>(found.residual)] : none, (*outputs)[0].f32());
    return Status::Ok();
  }

  std::vector<Lowering> Lower(const LoweringRequest& request) const override {
    const StatusOr<ConvolutionInputs> found = FindConvolutionInputs(request.inputs, residual_);
    if (!found.ok() || request.inputs[1].constant == nullptr) return {};
    const HostTensor* bias = nullptr;
    if (found->bias >= 0) {
      bias = request.inputs[2].constant;
      if (bias == nullptr) return {};
    }
    StatusOr<Convolution> convolution =
        Bind(request.inputs[0].info.shape, request.inputs[1].info.shape, *found);
    if (!convolution.ok()) return {};
    return LowerConvolution({"conv2d", *convolution,
                             WeightsFromConstants(*request.inputs[1].constant, bias), &request});
  }

  Cost EstimateCost(const std::vector<OpInput>& inputs,
                    const std::vector<TensorInfo>& outputs) const override {
    Cost cost = Op::EstimateCost(inputs, outputs);
    const StatusOr<Convolution> convolution =
        Bind(inputs[0].info.shape, inputs[1].info.shape, ConvolutionInputs());
    if (convolution.ok()) cost.flops = convolution->flops();
    return cost;
  }

 private:
  StatusOr<Convolution> Bind(const Shape& x, const Shape& filter,
                             const ConvolutionInputs& found) const {
    Convolution convolution;
    convolution.batch = x.dim(0);
    convolution.in_channels = x.dim(3);
    convolution.out_channels = filter.dim(0);
    convolution.groups = groups_;
    convolution.activation = activation_;
    convolution.residual_input = found.residual;
    if (convolution.batch < 1 || convolution.out_channels < 1 || convolution.in_channels < 1) {
      return InvalidArgument("expected extents of at least 1, found x " + x.ToString() +
                             " and filter " + filter.ToString());
    }
    if (convolution.in_channels % groups_ != 0 || convolution.out_channels % groups_ != 0 ||
        convolution.in_channels / groups_ != filter.dim(1)) {
      return InvalidArgument("x " + x.ToString() + " does not fit filter " + filter.ToString() +
                             " (output, input / group, height, width) in " +
                             std::to_string(groups_) + " groups");
    }
    MACE_ASSIGN_OR_RETURN(convolution.window,
                          window_.Slide(x.dim(1), x.dim(2), filter.dim(2), filter.dim(3)));
    return convolution;
  }

  WindowAttributes window_;
  FusedActivation activation_;
  int64_t groups_ = 1;
  bool residual_ = false;
};

}  // namespace

extern const OpDefinition kConv2DOp;
const OpDefinition kConv2DOp = {"Conv2D", 2, 4, Conv2D::Make};

}  // namespace mace
