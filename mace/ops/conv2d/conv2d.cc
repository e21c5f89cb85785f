// Conv2D: any kernel, stride, dilation and group; inputs x [N, H, W, C], filter
// [O, C / group, KH, KW], [bias [O]]; with the attribute residual = 1 then one of the output's
// shape that is added before the activation; with gate = 1 then one [N, 1, 1, C] that x is
// multiplied by. Other attributes: window.h, group, fused_activation.h,
// conv2d/eight_bits.h.
#include <memory>
#include <optional>
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
    MACE_ASSIGN_OR_RETURN(op->eight_bits_, EightBits::Parse(node.attributes));
    op->groups_ = node.attributes.GetInt("group", 1);
    if (op->groups_ < 1) {
      return InvalidArgument("group: expected at least 1, found " + std::to_string(op->groups_));
    }
    op->extras_.residual = node.attributes.GetInt("residual", 0) != 0;
    op->extras_.gate = node.attributes.GetInt("gate", 0) != 0;
    return std::unique_ptr<Op>(std::move(op));
  }

  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    MACE_ASSIGN_OR_RETURN(const ConvolutionInputs found, FindConvolutionInputs(inputs, extras_));
    MACE_ASSIGN_OR_RETURN(const Convolution convolution,
                          Bind(inputs[0].info.shape, inputs[1].info.shape, found));
    return FinishConvolution(convolution, inputs, found, outputs);
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    const ConvolutionInputs found = PlaceConvolutionInputs(inputs.size(), extras_);
    MACE_ASSIGN_OR_RETURN(const Convolution convolution,
                          Bind(inputs[0].shape(), inputs[1].shape(), found));
    const HostTensor none;
    const auto input = [&](int at) { return at >= 0 ? inputs[static_cast<size_t>(at)] : none; };
    HostTensor x = inputs[0];
    if (extras_.gate) {
      MACE_ASSIGN_OR_RETURN(x, MultiplyByGate(inputs[0], input(found.gate)));
    }
    ConvolutionReference(convolution, x, ToFloatVector(inputs[1]), input(found.bias),
                         input(found.residual), (*outputs)[0].f32());
    return Status::Ok();
  }

  bool KeepsBatchApart(const std::vector<OpInput>& inputs,
                       const std::vector<bool>& batched) const override {
    return ActivationsAreBatched(PlaceConvolutionInputs(inputs.size(), extras_), batched);
  }

  std::vector<Lowering> Lower(const LoweringRequest& request) const override {
    const StatusOr<ConvolutionInputs> found = FindConvolutionInputs(request.inputs, extras_);
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
    if (extras_.gate) cost.flops += static_cast<double>(inputs[0].info.shape.elements());
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
    convolution.eight_bits = eight_bits_;
    convolution.residual_input = found.residual;
    convolution.gate_input = found.gate;
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
  std::optional<EightBits> eight_bits_;
  int64_t groups_ = 1;
  ConvolutionExtras extras_;
};

}  // namespace

extern const OpDefinition kConv2DOp;
const OpDefinition kConv2DOp = {"Conv2D", 2, 5, Conv2D::Make};

}  // namespace mace
