#include <algorithm>

#include "mace/ops/eltwise.h"
#include "mace/ops/lowering_support.h"

namespace mace {
namespace {

// What an operand of eltwise.cl is: the values of A_KIND and B_KIND.
enum class Kind { kTensor = 0, kWeights = 1, kScalar = 2 };

struct Operand {
  Kind kind = Kind::kScalar;
  int input = -1;  // Of the op.
  Shape shape;
  const HostTensor* constant = nullptr;
  float scalar = 0;
};

Operand FromInput(const LoweringRequest& request, int index) {
  const OpInput& input = request.inputs[static_cast<size_t>(index)];
  Operand operand;
  operand.input = index;
  operand.shape = input.info.shape;
  operand.constant = input.constant;
  operand.kind = input.constant != nullptr ? Kind::kWeights : Kind::kTensor;
  // One number is an argument and needs no memory, unless its rank makes the result's.
  if (input.constant != nullptr && input.info.shape.elements() == 1) {
    operand.kind = Kind::kScalar;
    operand.scalar = ToFloats(*input.constant)[0];
  }
  return operand;
}

std::vector<Operand> Operands(const EltwiseAttributes& attributes, const LoweringRequest& request) {
  std::vector<Operand> operands = {FromInput(request, 0)};
  if (request.inputs.size() == 2 && request.inputs[1].present) {
    operands.push_back(FromInput(request, 1));
  } else {
    Operand scalar;
    scalar.scalar = attributes.scalar;
    operands.push_back(scalar);
    if (attributes.scalar_index == 0 && !attributes.IsUnary()) std::swap(operands[0], operands[1]);
  }
  return operands;
}

// Whether the 4-D view can express this broadcast: the axes that it folds into n are all there or
// all 1.
bool FoldsIntoView(const Shape& operand, const Shape& out) {
  if (out.rank() <= 4) return true;
  const int64_t folded = operand.rank() > 3 ? operand.elements(0, operand.rank() - 3) : 1;
  return folded == 1 || folded == out.elements(0, out.rank() - 3);
}

// n_step and the others: what one step along an axis of the result is in rows and positions of the
// operand.
void AppendSteps(const Nhwc& view, std::vector<KernelArgument>* arguments) {
  arguments->push_back(static_cast<int32_t>(view.n == 1 ? 0 : view.h));
  arguments->push_back(static_cast<int32_t>(view.h == 1 ? 0 : 1));
  arguments->push_back(static_cast<int32_t>(view.w == 1 ? 0 : 1));
}

void AddOperand(const Operand& operand, const std::string& letter, int64_t channels,
                Lowering* lowering, Launch* launch) {
  launch->kernel.macros[letter + "_KIND"] = std::to_string(static_cast<int>(operand.kind));
  const Nhwc view = AsNhwc(operand.shape);
  launch->kernel.macros[letter + "_SPLAT"] = view.c == 1 && channels != 1 ? "1" : "0";
  if (operand.kind == Kind::kScalar) return;
  if (operand.kind == Kind::kTensor) {
    launch->arguments.push_back(InputArgument(operand.input));
    AppendSteps(view, &launch->arguments);
    return;
  }
  launch->arguments.push_back(WeightsArgument(static_cast<int>(lowering->weights.size())));
  lowering->weights.push_back(PackChannels4(letter, *operand.constant));
  AppendSteps(view, &launch->arguments);
  launch->arguments.push_back(static_cast<int32_t>(view.w));
  launch->arguments.push_back(static_cast<int32_t>(view.blocks() * 4));
}

Lowering LowerChannels4(const EltwiseAttributes& attributes, const LoweringRequest& request,
                        const std::vector<Operand>& operands) {
  const Storage storage = StorageWithinLimits(request);
  const Shape& out = request.outputs[0].shape;
  const Nhwc view = AsNhwc(out);
  const int blocks_per_item = BlocksPerItem(request, storage);
  Lowering lowering = StartLowering("eltwise", request, storage);
  Launch launch = StartLaunch("eltwise.cl", "eltwise", request, storage);
  bool same_shape = true;
  for (size_t i = 0; i < 2; ++i) {
    AddOperand(operands[i], i == 0 ? "A" : "B", view.c, &lowering, &launch);
    const bool fits = operands[i].kind == Kind::kTensor && AsNhwc(operands[i].shape).c == view.c &&
                      operands[i].shape.elements() == out.elements();
    same_shape &= fits || operands[i].kind == Kind::kScalar;
  }
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
  const int64_t items =
      (view.rows() * view.w * view.blocks() + blocks_per_item - 1) / blocks_per_item;
  SetFlatSize(*request.device, static_cast<size_t>(items), &launch);
  // An element of input 0 that is read for several results must not be overwritten by the first.
  lowering.in_place = storage == Storage::kBuffer && request.inputs[0].constant == nullptr &&
                      request.inputs[0].info.shape == out;
  lowering.launches.push_back(std::move(launch));
  return lowering;
}

// The steps of a row-major operand along the eight axes that the result is seen with.
std::vector<int32_t> RowMajorSteps(const Shape& shape) {
  std::vector<int32_t> steps(8, 0);
  int64_t step = 1;
  for (int from_end = 0; from_end < shape.rank(); ++from_end) {
    if (shape.back(from_end) != 1)
      steps[static_cast<size_t>(7 - from_end)] = static_cast<int32_t>(step);
    step *= shape.back(from_end);
  }
  return steps;
}

Lowering LowerStrided(const EltwiseAttributes& attributes, const LoweringRequest& request,
                      const std::vector<Operand>& operands) {
  Lowering lowering = StartRowMajorLowering("eltwise_strided", request);
  Launch launch = StartLaunch("eltwise.cl", "eltwise_strided", request, Storage::kBuffer);
  launch.kernel.macros["ELTWISE_TYPE"] = std::to_string(static_cast<int>(attributes.type));
  attributes.activation.SetMacros(&launch.kernel.macros);
  for (size_t i = 0; i < 2; ++i) {
    const bool tensor = operands[i].kind == Kind::kTensor;
    launch.kernel.macros[i == 0 ? "A_KIND" : "B_KIND"] = tensor ? "0" : "1";
    if (tensor) {
      launch.arguments.push_back(RawInputArgument(operands[i].input));
      continue;
    }
    launch.arguments.push_back(WeightsArgument(static_cast<int>(lowering.weights.size())));
    PackedWeights weights;
    weights.name = i == 0 ? "A" : "B";
    weights.elements = static_cast<size_t>(operands[i].shape.elements());
    weights.keep_float32 = true;
    weights.pack = [constant = *operands[i].constant](float* destination) {
      const std::vector<float> floats = ToFloats(constant);
      std::copy(floats.begin(), floats.end(), destination);
    };
    lowering.weights.push_back(std::move(weights));
  }
  launch.arguments.push_back(RawOutputArgument(0));
  const Shape& out = request.outputs[0].shape;
  for (int axis = 7; axis >= 0; --axis)
    launch.arguments.push_back(static_cast<int32_t>(out.back(axis)));
  for (const Operand& operand : operands) {
    for (int32_t step : RowMajorSteps(operand.shape)) launch.arguments.push_back(step);
  }
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
  // A comparison's bool has no form on the device; what is all constant is folded before it comes
  // here.
  if (!CanLower(request)) return {};
  const std::vector<Operand> operands = Operands(attributes, request);
  const Shape& out = request.outputs[0].shape;
  if (operands[0].kind != Kind::kTensor && operands[1].kind != Kind::kTensor) return {};
  if (FoldsIntoView(operands[0].shape, out) && FoldsIntoView(operands[1].shape, out)) {
    return {LowerChannels4(attributes, request, operands)};
  }
  return {LowerStrided(attributes, request, operands)};
}

}  // namespace mace
