#include "mace/ops/elementwise/broadcast_operand.h"

#include <algorithm>

#include "mace/ops/lowering_support.h"

namespace mace {

BroadcastOperand MakeBroadcastOperand(const LoweringRequest& request, int index) {
  using Kind = BroadcastOperand::Kind;
  const OpInput& input = request.inputs[static_cast<size_t>(index)];
  BroadcastOperand operand;
  operand.input = index;
  operand.shape = input.info.shape;
  operand.constant = input.constant;
  operand.kind = input.constant != nullptr ? Kind::kWeights : Kind::kTensor;
  if (input.constant != nullptr && input.info.shape.elements() == 1) {
    operand.kind = Kind::kScalar;
    operand.scalar = ToFloatVector(*input.constant)[0];
  }
  return operand;
}

bool FoldsIntoView(const Shape& operand, const Shape& out) {
  if (out.rank() <= 4) return true;
  const int64_t folded = operand.rank() > 3 ? operand.elements(0, operand.rank() - 3) : 1;
  return folded == 1 || folded == out.elements(0, out.rank() - 3);
}

void AppendChannels4Operand(const BroadcastOperand& operand, const std::string& name,
                            KernelVariant* variant, Launch* launch) {
  using Kind = BroadcastOperand::Kind;
  if (operand.kind == Kind::kScalar) return;
  const Nhwc view = AsNhwc(operand.shape);
  if (operand.kind == Kind::kTensor) {
    launch->arguments.push_back(InputArgument(operand.input));
  } else {
    launch->arguments.push_back(WeightsArgument(static_cast<int>(variant->weights.size())));
    variant->weights.push_back(PackChannels4(name, *operand.constant));
  }
  // The step in rows and positions of the operand for one step along an axis of the result.
  launch->arguments.push_back(static_cast<int32_t>(view.n == 1 ? 0 : view.h));
  launch->arguments.push_back(static_cast<int32_t>(view.h == 1 ? 0 : 1));
  launch->arguments.push_back(static_cast<int32_t>(view.w == 1 ? 0 : 1));
  if (operand.kind == Kind::kTensor) return;
  launch->arguments.push_back(static_cast<int32_t>(view.w));
  launch->arguments.push_back(static_cast<int32_t>(view.blocks() * 4));
}

void AppendRowMajorOperand(const BroadcastOperand& operand, const std::string& name,
                           KernelVariant* variant, Launch* launch) {
  using Kind = BroadcastOperand::Kind;
  if (operand.kind == Kind::kScalar) return;
  if (operand.kind == Kind::kTensor) {
    launch->arguments.push_back(RawInputArgument(operand.input));
    return;
  }
  launch->arguments.push_back(WeightsArgument(static_cast<int>(variant->weights.size())));
  PackedWeights weights;
  weights.name = name;
  weights.elements = static_cast<size_t>(operand.shape.elements());
  weights.keep_float32 = true;
  weights.pack = [constant = *operand.constant](float* destination) -> Status {
    const std::vector<float> floats = ToFloatVector(constant);
    std::copy(floats.begin(), floats.end(), destination);
    return Status();
  };
  weights.identity = PackingIdentity("row-major", {}, {*operand.constant});
  variant->weights.push_back(std::move(weights));
}

void AppendExtents(const Shape& shape, Launch* launch) {
  for (int axis = 7; axis >= 0; --axis) {
    launch->arguments.push_back(static_cast<int32_t>(shape.back(axis)));
  }
}

void AppendSteps(const Shape& shape, Launch* launch) {
  std::vector<int32_t> steps(8, 0);
  int64_t step = 1;
  for (int from_end = 0; from_end < shape.rank(); ++from_end) {
    if (shape.back(from_end) != 1) {
      steps[static_cast<size_t>(7 - from_end)] = static_cast<int32_t>(step);
    }
    step *= shape.back(from_end);
  }
  launch->arguments.insert(launch->arguments.end(), steps.begin(), steps.end());
}

}  // namespace mace
