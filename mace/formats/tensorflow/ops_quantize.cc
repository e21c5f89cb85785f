// TensorFlow's FakeQuant: floats rounded to the numbers that integers of a range stand for, with
// TensorFlow's own steps in float32.
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "mace/formats/tensorflow/emit.h"

namespace mace {
namespace {

// A range that was moved so that zero is one of its steps.
struct NudgedRange {
  float low = 0;
  float high = 0;
  float scale = 0;
  float inverse = 0;
  float zero = 0;      // The step of the number 0, counted from `low`.
  bool empty = false;  // From 0 to 0: everything becomes 0.
};

struct QuantizedSteps {
  float lowest = 0;
  float highest = 255;
};

StatusOr<QuantizedSteps> ReadSteps(const TfNode& node) {
  const int64_t bits = node.Int("num_bits", 8);
  if (bits < 2 || bits > 16) {
    return InvalidArgument("num_bits: expected 2 to 16, found " + std::to_string(bits));
  }
  QuantizedSteps steps;
  steps.lowest = node.Bool("narrow_range", false) ? 1.0f : 0.0f;
  steps.highest = static_cast<float>((int64_t{1} << bits) - 1);
  return steps;
}

StatusOr<NudgedRange> Nudge(float low, float high, const QuantizedSteps& steps) {
  NudgedRange range;
  range.empty = low == 0 && high == 0;
  if (range.empty) return range;
  if (!(low < high)) {
    return InvalidArgument("expected min below max, found " + std::to_string(low) + " and " +
                           std::to_string(high));
  }
  range.scale = (high - low) / (steps.highest - steps.lowest);
  const float wanted = steps.lowest - low / range.scale;
  float zero = std::round(wanted);
  if (wanted < steps.lowest) zero = steps.lowest;
  if (wanted > steps.highest) zero = steps.highest;
  range.low = (steps.lowest - zero) * range.scale;
  range.high = (steps.highest - zero) * range.scale;
  range.inverse = 1.0f / range.scale;
  range.zero = std::floor(-range.low * range.inverse + 0.5f);
  return range;
}

// One number of each range, as a tensor that broadcasts along the last axis.
ValueId AddEach(TfNode* node, const std::vector<NudgedRange>& ranges, float NudgedRange::*number) {
  std::vector<float> values;
  for (const NudgedRange& range : ranges) values.push_back(range.*number);
  const bool one = ranges.size() == 1;
  return AddFloats(node, one ? Shape() : Shape{static_cast<int64_t>(ranges.size())},
                   std::move(values));
}

// floor((min(max(x, low), high) - low) * inverse - zero + 0.5) * scale.
Status EmitFakeQuant(TfNode* node, const std::vector<NudgedRange>& ranges) {
  ValueId x = node->input(0);
  const ValueId low = AddEach(node, ranges, &NudgedRange::low);
  const ValueId high = AddEach(node, ranges, &NudgedRange::high);
  MACE_ASSIGN_OR_RETURN(x, EmitEltwise(node, EltwiseType::kMin, x, high));
  MACE_ASSIGN_OR_RETURN(x, EmitEltwise(node, EltwiseType::kMax, x, low));
  MACE_ASSIGN_OR_RETURN(x, EmitEltwise(node, EltwiseType::kSub, x, low));
  MACE_ASSIGN_OR_RETURN(
      x, EmitEltwise(node, EltwiseType::kProd, x, AddEach(node, ranges, &NudgedRange::inverse)));
  MACE_ASSIGN_OR_RETURN(
      x, EmitEltwise(node, EltwiseType::kSub, x, AddEach(node, ranges, &NudgedRange::zero)));
  MACE_ASSIGN_OR_RETURN(x, EmitEltwise(node, EltwiseType::kSum, x, 0.5));
  MACE_ASSIGN_OR_RETURN(x, EmitUnary(node, "floor", x));
  AttributeMap attributes;
  attributes.Set("type", static_cast<int64_t>(EltwiseType::kProd));
  return node->EmitResult("Eltwise", {x, AddEach(node, ranges, &NudgedRange::scale)},
                          std::move(attributes));
}

// The range is an attribute.
Status ConvertArgs(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  MACE_ASSIGN_OR_RETURN(const QuantizedSteps steps, ReadSteps(*node));
  MACE_ASSIGN_OR_RETURN(const NudgedRange range,
                        Nudge(static_cast<float>(node->Float("min", -6)),
                              static_cast<float>(node->Float("max", 6)), steps));
  return EmitFakeQuant(node, {range});
}

// x, min, max: one range for all, or one for each place of the last axis; known at import.
Status ConvertVars(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(3));
  MACE_ASSIGN_OR_RETURN(const QuantizedSteps steps, ReadSteps(*node));
  const HostTensor* low = node->builder()->ElementsOf(node->input(1));
  const HostTensor* high = node->builder()->ElementsOf(node->input(2));
  if (low == nullptr || high == nullptr) {
    return Unsupported("min and max: expected numbers that are known at import");
  }
  const bool each = node->def().op() == "FakeQuantWithMinMaxVarsPerChannel";
  const Shape shape = node->shape(0);
  const int64_t expected = each && shape.rank() > 0 ? shape.back(0) : 1;
  if (low->shape().elements() != expected || high->shape().elements() != expected) {
    return InvalidArgument("min and max: expected " + std::to_string(expected) +
                           " numbers, found " + low->shape().ToString() + " and " +
                           high->shape().ToString());
  }
  const std::vector<float> lows = ToFloatVector(*low), highs = ToFloatVector(*high);
  std::vector<NudgedRange> ranges;
  for (size_t i = 0; i < lows.size(); ++i) {
    MACE_ASSIGN_OR_RETURN(const NudgedRange range, Nudge(lows[i], highs[i], steps));
    ranges.push_back(range);
  }
  return EmitFakeQuant(node, ranges);
}

}  // namespace

const TfConverterEntry kTfQuantizeConverters[] = {
    {"FakeQuantWithMinMaxArgs", ConvertArgs},
    {"FakeQuantWithMinMaxVars", ConvertVars},
    {"FakeQuantWithMinMaxVarsPerChannel", ConvertVars},
    {nullptr, nullptr},
};

}  // namespace mace
