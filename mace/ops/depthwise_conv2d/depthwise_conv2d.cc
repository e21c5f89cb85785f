// DepthwiseConv2d: inputs x [N, H, W, C], filter [M, C, KH, KW] with M the multiplier, [bias
// [C * M]] and, with the attribute residual = 1, a last input of the output's shape that is added
// before the activation. Output channel c * M + m is input channel c under filter [m, c]. Other
// attributes: window.h, fused_activation.h, conv2d/eight_bits.h. It is a convolution in C groups.
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "mace/ops/conv2d/convolution.h"
#include "mace/ops/conv2d/convolution_lowering.h"
#include "mace/ops/op.h"

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

class DepthwiseConv2d : public Op {
 public:
  static StatusOr<std::unique_ptr<Op>> Make(const Node& node) {
    auto op = std::make_unique<DepthwiseConv2d>();
    MACE_ASSIGN_OR_RETURN(op->window_, WindowAttributes::Parse(node.attributes));
    MACE_ASSIGN_OR_RETURN(op->activation_, FusedActivation::Parse(node.attributes));
    op->extras_.residual = node.attributes.GetInt("residual", 0) != 0;
    MACE_ASSIGN_OR_RETURN(op->eight_bits_, EightBits::Parse(node.attributes));
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
    ConvolutionReference(convolution, inputs[0], ByOutputChannel(inputs[1]), input(found.bias),
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
    ConvolutionWeights weights = WeightsFromConstants(*request.inputs[1].constant, bias);
    // With a multiplier of one the order is the same.
    if (request.inputs[1].constant->shape().dim(0) != 1) {
      weights.filter = [filter = *request.inputs[1].constant]() -> StatusOr<HostTensor> {
        return TensorOfFloats(ByOutputChannel(filter));
      };
      weights.filter_order = "multiplied depthwise";
    }
    return LowerConvolution({"depthwise_conv2d", *convolution, std::move(weights), &request});
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
    convolution.activation = activation_;
    convolution.eight_bits = eight_bits_;
    convolution.residual_input = found.residual;
    MACE_ASSIGN_OR_RETURN(convolution.window,
                          window_.Slide(x.dim(1), x.dim(2), filter.dim(2), filter.dim(3)));
    return convolution;
  }

  WindowAttributes window_;
  FusedActivation activation_;
  ConvolutionExtras extras_;
  std::optional<EightBits> eight_bits_;
};

}  // namespace

extern const OpDefinition kDepthwiseConv2dOp;
const OpDefinition kDepthwiseConv2dOp = {"DepthwiseConv2d", 2, 4, DepthwiseConv2d::Make};

}  // namespace mace
