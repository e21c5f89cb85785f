#include "mace/ops/conv/convolution_op.h"

#include <utility>

#include "mace/ops/conv/convolution_lowering.h"

namespace mace {

Status ConvolutionOp::ParseAttributes(const AttributeMap& attributes) {
  MACE_ASSIGN_OR_RETURN(window_, WindowAttributes::Parse(attributes));
  MACE_ASSIGN_OR_RETURN(activation_, FusedActivation::Parse(attributes));
  MACE_ASSIGN_OR_RETURN(int8_, Int8Convolution::Parse(attributes));
  extras_.residual = attributes.GetInt("residual", 0) != 0;
  return Status::Ok();
}

Status ConvolutionOp::Infer(const std::vector<OpInput>& inputs,
                            std::vector<TensorInfo>* outputs) const {
  MACE_ASSIGN_OR_RETURN(const ConvolutionInputs found, FindConvolutionInputs(inputs, extras_));
  MACE_ASSIGN_OR_RETURN(const Convolution convolution,
                        Bind(inputs[0].info.shape, inputs[1].info.shape, found));
  return FinishConvolution(convolution, inputs, found, outputs);
}

Status ConvolutionOp::Reference(const std::vector<HostTensor>& inputs,
                                std::vector<HostTensor>* outputs) const {
  const ConvolutionInputs found = PlaceConvolutionInputs(inputs.size(), extras_);
  MACE_ASSIGN_OR_RETURN(const Convolution convolution,
                        Bind(inputs[0].shape(), inputs[1].shape(), found));
  const HostTensor none;
  const auto input = [&](int at) { return at >= 0 ? inputs[static_cast<size_t>(at)] : none; };
  HostTensor x = inputs[0];
  if (extras_.channel_scale) {
    MACE_ASSIGN_OR_RETURN(x, MultiplyByChannelScale(inputs[0], input(found.channel_scale)));
  }
  const FilterOrder* const order = OrderOf(inputs[1].shape());
  ConvolutionReference(convolution,
                       {x, order == nullptr ? ToFloatVector(inputs[1]) : order->reorder(inputs[1]),
                        input(found.bias), input(found.residual)},
                       (*outputs)[0].f32());
  return Status::Ok();
}

bool ConvolutionOp::SplitsAlongBatch(const std::vector<OpInput>& inputs,
                                     const std::vector<bool>& batched) const {
  return ActivationsAreBatched(PlaceConvolutionInputs(inputs.size(), extras_), batched);
}

std::vector<KernelVariant> ConvolutionOp::Lower(const LoweringRequest& request) const {
  const StatusOr<ConvolutionInputs> found = FindConvolutionInputs(request.inputs, extras_);
  const HostTensor* filter = request.inputs[1].constant;
  if (!found.ok() || filter == nullptr) return {};
  const HostTensor* bias = nullptr;
  if (found->bias >= 0) {
    bias = request.inputs[2].constant;
    if (bias == nullptr) return {};
  }
  StatusOr<Convolution> convolution = Bind(request.inputs[0].info.shape, filter->shape(), *found);
  if (!convolution.ok()) return {};
  ConvolutionWeights weights = WeightsFromConstants(*filter, bias);
  const FilterOrder* const order = OrderOf(filter->shape());
  if (order != nullptr) {
    weights.filter = [order, filter = *filter]() -> StatusOr<HostTensor> {
      return TensorOfFloats(order->reorder(filter));
    };
    weights.filter_order = order->name;
  }
  return LowerConvolution({name_, *convolution, std::move(weights), &request});
}

Cost ConvolutionOp::EstimateCost(const std::vector<OpInput>& inputs,
                                 const std::vector<TensorInfo>& outputs) const {
  Cost cost = Op::EstimateCost(inputs, outputs);
  const StatusOr<Convolution> convolution =
      Bind(inputs[0].info.shape, inputs[1].info.shape, ConvolutionInputs());
  if (convolution.ok()) cost.flops = convolution->flops();
  if (extras_.channel_scale) cost.flops += static_cast<double>(inputs[0].info.shape.elements());
  return cost;
}

StatusOr<Convolution> ConvolutionOp::Bind(const Shape& x, const Shape& filter,
                                          const ConvolutionInputs& found) const {
  MACE_ASSIGN_OR_RETURN(Convolution convolution, Describe(x, filter));
  convolution.activation = activation_;
  convolution.int8 = int8_;
  convolution.residual_input = found.residual;
  convolution.channel_scale_input = found.channel_scale;
  MACE_ASSIGN_OR_RETURN(convolution.window,
                        window_.Slide(x.dim(1), x.dim(2), filter.dim(2), filter.dim(3)));
  return convolution;
}

}  // namespace mace
