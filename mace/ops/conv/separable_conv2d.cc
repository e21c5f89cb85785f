// SeparableConv2D: a DepthwiseConv2d of multiplier 1 and the Conv2D of 1x1, stride 1 and no padding
// that alone reads its result, as one op; the planner makes it of two nodes where that is cheaper
// (mace/passes/device/fuse_depthwise_pointwise.h).
//
// Inputs x [N, H, W, C], depthwise filter [1, C, KH, KW], depthwise bias [C] or none, filter
// [O, C, 1, 1], bias [O] or none and, with the attribute residual = 1, an input of the output's
// shape that is added before the last activation. Attributes: those of the Conv2D, and those of the
// DepthwiseConv2d with "depthwise_" before the name.
#include <memory>
#include <string>
#include <utility>

#include "mace/ops/batch.h"
#include "mace/ops/conv/convolution.h"
#include "mace/ops/conv/convolution_lowering.h"
#include "mace/ops/op.h"
#include "mace/ops/prefixed_attributes.h"

namespace mace {
namespace {

constexpr size_t kDepthwiseFilter = 1, kDepthwiseBias = 2, kFilter = 3, kBias = 4, kResidual = 5;

struct Parts {
  Convolution depthwise, pointwise;
};

Status CheckConstant(const char* what, const OpInput& input, int64_t elements) {
  if (!input.present) return Status::Ok();
  if (!IsFloat(input.info.dtype) || input.info.shape.elements() != elements) {
    return InvalidArgument(std::string(what) + ": expected " + std::to_string(elements) +
                           " floats, found " + DTypeName(input.info.dtype) +
                           input.info.shape.ToString());
  }
  return Status::Ok();
}

class SeparableConv2D : public Op {
 public:
  static StatusOr<std::unique_ptr<Op>> Make(const Node& node) {
    auto op = std::make_unique<SeparableConv2D>();
    const AttributeMap depthwise = WithoutPrefix(node.attributes, "depthwise_");
    MACE_ASSIGN_OR_RETURN(op->window_, WindowAttributes::Parse(node.attributes));
    MACE_ASSIGN_OR_RETURN(op->activation_, FusedActivation::Parse(node.attributes));
    MACE_ASSIGN_OR_RETURN(op->depthwise_window_, WindowAttributes::Parse(depthwise));
    MACE_ASSIGN_OR_RETURN(op->depthwise_activation_, FusedActivation::Parse(depthwise));
    const int64_t groups = node.attributes.GetInt("group", 1);
    if (groups != 1) {
      return InvalidArgument("group: expected 1, found " + std::to_string(groups));
    }
    op->residual_ = node.attributes.GetInt("residual", 0) != 0;
    return std::unique_ptr<Op>(std::move(op));
  }

  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    const size_t expected = residual_ ? kResidual + 1 : kBias + 1;
    if (inputs.size() != expected || !inputs[0].present || !inputs[kDepthwiseFilter].present ||
        !inputs[kFilter].present) {
      return InvalidArgument(
          "expected inputs x, depthwise filter, [depthwise bias], filter, [bias]" +
          std::string(residual_ ? ", residual" : "") + ", found " + std::to_string(inputs.size()));
    }
    MACE_ASSIGN_OR_RETURN(const Parts parts,
                          Bind(inputs[0].info.shape, inputs[kDepthwiseFilter].info.shape,
                               inputs[kFilter].info.shape));
    MACE_RETURN_IF_ERROR(
        CheckConstant("depthwise bias", inputs[kDepthwiseBias], parts.depthwise.out_channels));
    ConvolutionInputs found;
    if (inputs[kBias].present) found.bias = kBias;
    if (residual_) found.residual = kResidual;
    return FinishConvolution(parts.pointwise, inputs, found, outputs);
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    MACE_ASSIGN_OR_RETURN(
        const Parts parts,
        Bind(inputs[0].shape(), inputs[kDepthwiseFilter].shape(), inputs[kFilter].shape()));
    const Convolution& depthwise = parts.depthwise;
    const Shape shape{depthwise.batch, depthwise.window.h.out, depthwise.window.w.out,
                      depthwise.out_channels};
    MACE_ASSIGN_OR_RETURN(HostTensor between, HostTensor::Allocate({DType::kFloat32, shape}));
    ConvolutionReference(
        depthwise, {inputs[0], ToFloatVector(inputs[kDepthwiseFilter]), inputs[kDepthwiseBias]},
        between.f32());
    ConvolutionReference(parts.pointwise,
                         {between, ToFloatVector(inputs[kFilter]), inputs[kBias],
                          residual_ ? inputs[kResidual] : HostTensor()},
                         (*outputs)[0].f32());
    return Status::Ok();
  }

  bool SplitsAlongBatch(const std::vector<OpInput>& inputs,
                        const std::vector<bool>& batched) const override {
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (batched[i] != (i == 0 || i == kResidual)) return false;
    }
    return true;
  }

  std::vector<KernelVariant> Lower(const LoweringRequest& request) const override {
    const HostTensor* constants[kBias + 1] = {};
    for (size_t i = kDepthwiseFilter; i <= kBias; ++i) {
      constants[i] = request.inputs[i].constant;
      if (request.inputs[i].present && constants[i] == nullptr) return {};
    }
    const StatusOr<Parts> parts =
        Bind(request.inputs[0].info.shape, constants[kDepthwiseFilter]->shape(),
             constants[kFilter]->shape());
    if (!parts.ok()) return {};
    const ConvolutionRequest depthwise = {
        "separable_conv2d", parts->depthwise,
        WeightsFromConstants(*constants[kDepthwiseFilter], constants[kDepthwiseBias]), &request};
    const ConvolutionRequest pointwise = {
        "separable_conv2d", parts->pointwise,
        WeightsFromConstants(*constants[kFilter], constants[kBias]), &request, &depthwise};
    return LowerSeparable(pointwise);
  }

  Cost EstimateCost(const std::vector<OpInput>& inputs,
                    const std::vector<TensorInfo>& outputs) const override {
    Cost cost = Op::EstimateCost(inputs, outputs);
    const StatusOr<Parts> parts =
        Bind(inputs[0].info.shape, inputs[kDepthwiseFilter].info.shape, inputs[kFilter].info.shape);
    if (parts.ok()) cost.flops = parts->depthwise.flops() + parts->pointwise.flops();
    return cost;
  }

 private:
  StatusOr<Parts> Bind(const Shape& x, const Shape& depthwise_filter, const Shape& filter) const {
    if (x.rank() != 4 || depthwise_filter.rank() != 4 || x.dim(0) < 1 || x.dim(3) < 1 ||
        depthwise_filter.dim(0) != 1 || depthwise_filter.dim(1) != x.dim(3)) {
      return InvalidArgument("x " + x.ToString() + " does not fit depthwise filter " +
                             depthwise_filter.ToString() + " (1, channels, height, width)");
    }
    if (filter.rank() != 4 || filter.dim(0) < 1 || filter.dim(1) != x.dim(3) ||
        filter.dim(2) != 1 || filter.dim(3) != 1) {
      return InvalidArgument("expected a filter (output, " + std::to_string(x.dim(3)) +
                             ", 1, 1), found " + filter.ToString());
    }
    Parts parts;
    Convolution& depthwise = parts.depthwise;
    depthwise.batch = x.dim(0);
    depthwise.in_channels = depthwise.out_channels = depthwise.groups = x.dim(3);
    depthwise.activation = depthwise_activation_;
    MACE_ASSIGN_OR_RETURN(depthwise.window,
                          depthwise_window_.Slide(x.dim(1), x.dim(2), depthwise_filter.dim(2),
                                                  depthwise_filter.dim(3)));
    Convolution& pointwise = parts.pointwise;
    pointwise.batch = x.dim(0);
    pointwise.in_channels = x.dim(3);
    pointwise.out_channels = filter.dim(0);
    pointwise.activation = activation_;
    if (residual_) pointwise.residual_input = kResidual;
    MACE_ASSIGN_OR_RETURN(pointwise.window,
                          window_.Slide(depthwise.window.h.out, depthwise.window.w.out, 1, 1));
    if (!pointwise.pointwise()) {
      return InvalidArgument("expected stride 1 and no padding of the pointwise convolution");
    }
    return parts;
  }

  WindowAttributes window_, depthwise_window_;
  FusedActivation activation_, depthwise_activation_;
  bool residual_ = false;
};

}  // namespace

extern const OpDefinition kSeparableConv2DOp;
const OpDefinition kSeparableConv2DOp = {"SeparableConv2D", 5, 6, SeparableConv2D::Make};

}  // namespace mace
