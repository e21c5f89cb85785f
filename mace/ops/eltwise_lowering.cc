#include <algorithm>

#include "mace/ops/broadcast_operand.h"
#include "mace/ops/eltwise.h"
#include "mace/ops/lowering_support.h"

namespace mace {
namespace {

using Kind = BroadcastOperand::Kind;

std::vector<BroadcastOperand> Operands(const EltwiseAttributes& attributes,
                                       const LoweringRequest& request) {
  std::vector<BroadcastOperand> operands = {MakeBroadcastOperand(request, 0)};
  if (request.inputs.size() == 2 && request.inputs[1].present) {
    operands.push_back(MakeBroadcastOperand(request, 1));
    return operands;
  }
  BroadcastOperand scalar;
  // As the reference sees it, to which bools are integers.
  const bool integer = request.inputs[0].info.dtype == DType::kBool;
  scalar.scalar =
      integer ? static_cast<float>(SaturateToInt64(attributes.scalar)) : attributes.scalar;
  operands.push_back(scalar);
  if (attributes.scalar_index == 0 && !attributes.IsUnary()) std::swap(operands[0], operands[1]);
  return operands;
}

// Neither a number nor one channel for many.
bool HasAllChannels(const BroadcastOperand& operand, int64_t channels) {
  return operand.kind != Kind::kScalar && AsNhwc(operand.shape).c == channels;
}

Lowering LowerChannels4(const EltwiseAttributes& attributes, const LoweringRequest& request,
                        const std::vector<BroadcastOperand>& operands) {
  const Storage storage = StorageWithinLimits(request);
  const Shape& out = request.outputs[0].shape;
  const Nhwc view = AsNhwc(out);
  const int blocks_per_item = BlocksPerItem(request, storage);
  Lowering lowering = StartLowering("eltwise", request, storage);
  Launch launch = StartLaunch("eltwise.cl", "eltwise", request, storage);
  bool same_shape = true;
  for (size_t i = 0; i < 2; ++i) {
    AppendChannels4Operand(operands[i], i == 0 ? "A" : "B", view.c, &lowering, &launch);
    const bool fits = operands[i].kind == Kind::kTensor && AsNhwc(operands[i].shape).c == view.c &&
                      operands[i].shape.elements() == out.elements();
    same_shape &= fits || operands[i].kind == Kind::kScalar;
  }
  // A gate or a vector of channels for every pixel: no position is computed for single blocks.
  const bool whole_pixels = !same_shape && blocks_per_item > 1 && view.c >= 16 &&
                            HasAllChannels(operands[0], view.c) &&
                            HasAllChannels(operands[1], view.c);
  launch.kernel.macros["WHOLE_PIXELS"] = whole_pixels ? "1" : "0";
  launch.kernel.macros["SAME_SHAPE"] = same_shape ? "1" : "0";
  launch.kernel.macros["ELTWISE_TYPE"] = std::to_string(static_cast<int>(attributes.type));
  launch.kernel.macros["BLOCKS_PER_ITEM"] = std::to_string(blocks_per_item);
  attributes.activation.SetMacros(&launch.kernel.macros);
  const float scalar = operands[1].kind == Kind::kScalar ? operands[1].scalar : operands[0].scalar;
  launch.arguments.insert(
      launch.arguments.end(),
      {OutputArgument(0), static_cast<int32_t>(view.rows()), static_cast<int32_t>(view.h),
       static_cast<int32_t>(view.c), scalar, attributes.p, attributes.q});
  attributes.activation.AppendArguments(&launch.arguments);
  const int64_t pixels = view.rows() * view.w;
  const int64_t items =
      whole_pixels ? pixels : (pixels * view.blocks() + blocks_per_item - 1) / blocks_per_item;
  SetFlatSize(*request.device, static_cast<size_t>(items), &launch);
  // An element of input 0 that is read for several results must not be overwritten by the first.
  lowering.in_place = storage == Storage::kBuffer && request.inputs[0].constant == nullptr &&
                      request.inputs[0].info.shape == out;
  lowering.launches.push_back(std::move(launch));
  return lowering;
}

Lowering LowerStrided(const EltwiseAttributes& attributes, const LoweringRequest& request,
                      const std::vector<BroadcastOperand>& operands) {
  Lowering lowering = StartRowMajorLowering("eltwise_strided", request);
  Launch launch = StartLaunch("eltwise.cl", "eltwise_strided", request, Storage::kBuffer);
  launch.kernel.macros["ELTWISE_TYPE"] = std::to_string(static_cast<int>(attributes.type));
  attributes.activation.SetMacros(&launch.kernel.macros);
  AppendRowMajorOperand(operands[0], "A", &lowering, &launch);
  AppendRowMajorOperand(operands[1], "B", &lowering, &launch);
  launch.arguments.push_back(RawOutputArgument(0));
  const Shape& out = request.outputs[0].shape;
  AppendExtents(out, &launch);
  for (const BroadcastOperand& operand : operands) AppendSteps(operand.shape, &launch);
  launch.arguments.push_back(static_cast<int32_t>(out.elements()));
  launch.arguments.push_back(attributes.p);
  launch.arguments.push_back(attributes.q);
  attributes.activation.AppendArguments(&launch.arguments);
  SetFlatSize(*request.device, static_cast<size_t>(out.elements()), &launch);
  lowering.launches.push_back(std::move(launch));
  return lowering;
}

}  // namespace

std::vector<Lowering> LowerEltwise(const EltwiseAttributes& attributes,
                                   const LoweringRequest& request) {
  // What is all constant is folded before it comes here.
  if (!CanLower(request)) return {};
  const std::vector<BroadcastOperand> operands = Operands(attributes, request);
  const Shape& out = request.outputs[0].shape;
  if (operands[0].kind != Kind::kTensor && operands[1].kind != Kind::kTensor) return {};
  if (FoldsIntoView(operands[0].shape, out) && FoldsIntoView(operands[1].shape, out)) {
    return {LowerChannels4(attributes, request, operands)};
  }
  return {LowerStrided(attributes, request, operands)};
}

}  // namespace mace
