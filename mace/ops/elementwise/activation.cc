// Activation: y = f(x) element by element, f from the attribute `activation` (fused_activation.h),
// or PRELU with the slopes as second input: one for each channel (the last axis) or one for all.
// Any shape.
#include "mace/base/divide.h"
#include "mace/ops/elementwise/broadcast_rows.h"
#include "mace/ops/elementwise/fused_activation.h"
#include "mace/ops/lowering_support.h"
#include "mace/ops/op.h"

namespace mace {
namespace {

class ActivationOp : public Op {
 public:
  ActivationOp(FusedActivation activation, bool prelu) : activation_(activation), prelu_(prelu) {}

  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    const TensorInfo& x = inputs[0].info;
    if (!IsFloat(x.dtype))
      return InvalidArgument(std::string("expected a float tensor, found ") + DTypeName(x.dtype));
    if (prelu_) MACE_RETURN_IF_ERROR(CheckSlope(inputs));
    outputs->assign(1, {DType::kFloat32, x.shape});
    return Status::Ok();
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    const float* x = inputs[0].f32();
    float* y = (*outputs)[0].f32();
    const Shape& shape = inputs[0].shape();
    if (!prelu_) {
      for (int64_t i = 0; i < shape.elements(); ++i) y[i] = activation_.Apply(x[i]);
      return Status::Ok();
    }
    const float* slope = inputs[1].f32();
    BroadcastRows rows(shape, {Shape({inputs[1].shape().elements()})});
    while (rows.Next()) {
      for (int64_t i = 0; i < rows.count(); ++i) {
        const float value = x[rows.begin() + i];
        y[rows.begin() + i] = value < 0 ? value * slope[rows.offset(0) + i * rows.step(0)] : value;
      }
    }
    return Status::Ok();
  }

  std::string WriteElement(const std::vector<ElementOperand>& inputs,
                           ElementText* text) const override {
    if (!prelu_) return activation_.WriteElement(inputs[0].name, text);
    return text->Call("ACTIVATE_PRELU", {inputs[0].name, inputs[1].name});
  }

  std::vector<KernelVariant> Lower(const LoweringRequest& request) const override {
    if (!CanLower(request) || request.inputs[0].constant != nullptr) return {};
    std::vector<KernelVariant> variants = {LowerLayout(request, Layout::kChannels4)};
    const Layout blocks = BlocksFor(request, request.outputs[0].shape);
    if (BlockChannels(blocks) > 0 && !prelu_) variants.push_back(LowerLayout(request, blocks));
    return variants;
  }

 private:
  KernelVariant LowerLayout(const LoweringRequest& request, Layout layout) const {
    const Storage storage = StorageWithinLimits(request);
    const Nhwc view = AsNhwc(request.outputs[0].shape);
    const int64_t block = BlockChannels(layout);
    const int64_t blocks_per_item = block > 0 ? block / 4 : BlocksPerItem(request, storage);
    KernelVariant variant =
        NewVariant(prelu_ ? "activation_prelu" : "activation", request, storage);
    variant.in_place = storage == Storage::kBuffer ? 0 : -1;
    Launch launch = NewLaunch("activation.cl", variant.name, request, storage);
    launch.kernel.macros["BLOCKS_PER_ITEM"] = std::to_string(blocks_per_item);
    launch.arguments = {InputArgument(0), OutputArgument(0)};
    if (prelu_) AddSlope(request.inputs[1], view.c, &variant, &launch);
    launch.arguments.push_back(static_cast<int32_t>(view.rows()));
    launch.arguments.push_back(static_cast<int32_t>(view.c));
    if (!prelu_) {
      activation_.SetMacros(&launch.kernel.macros);
      activation_.AppendArguments(&launch.arguments);
    }
    const int64_t fours = view.rows() * view.w * CeilDivide(PaddedChannels(layout, view.c), 4);
    const int64_t items = CeilDivide(fours, blocks_per_item);
    SetFlatSize(*request.device, static_cast<size_t>(items), &launch);
    variant.launches.push_back(std::move(launch));
    if (block > 0) SetBlocks(layout, layout, &variant);
    return variant;
  }

  static Status CheckSlope(const std::vector<OpInput>& inputs) {
    if (inputs.size() < 2 || !inputs[1].present)
      return InvalidArgument("PRELU: expected the slopes as second input");
    const TensorInfo& slope = inputs[1].info;
    const int64_t channels = inputs[0].info.shape.back(0);
    const int64_t count = slope.shape.elements();
    if (!IsFloat(slope.dtype)) {
      return InvalidArgument(std::string("PRELU: expected float slopes, found ") +
                             DTypeName(slope.dtype));
    }
    // Leading axes of 1 are harmless; anything else is no slope for each channel.
    if (count != 1 && (count != channels || slope.shape.back(0) != channels)) {
      return InvalidArgument("PRELU: expected 1 or " + std::to_string(channels) +
                             " slopes, found shape " + slope.shape.ToString());
    }
    return Status::Ok();
  }

  static void AddSlope(const OpInput& slope, int64_t channels, KernelVariant* variant,
                       Launch* launch) {
    const bool shared = slope.info.shape.elements() == 1;
    if (slope.constant != nullptr) {
      variant->weights.push_back(PackChannelVector("slope", *slope.constant, channels));
      launch->arguments.push_back(WeightsArgument(0));
    } else {
      launch->arguments.push_back(InputArgument(1));
    }
    launch->kernel.macros["SLOPE_KIND"] = slope.constant != nullptr ? "0" : (shared ? "2" : "1");
  }

  FusedActivation activation_;
  bool prelu_;
};

StatusOr<std::unique_ptr<Op>> MakeActivation(const Node& node) {
  if (node.attributes.GetString("activation", "NOOP") == "PRELU") {
    return std::unique_ptr<Op>(new ActivationOp(FusedActivation(), true));
  }
  MACE_ASSIGN_OR_RETURN(const FusedActivation activation, FusedActivation::Parse(node.attributes));
  return std::unique_ptr<Op>(new ActivationOp(activation, false));
}

}  // namespace

extern const OpDefinition kActivationOp;
const OpDefinition kActivationOp = {"Activation", 1, 2, &MakeActivation};

}  // namespace mace
