// Taking apart and putting together: ONNX's ops that choose, join or pad.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "mace/base/divide.h"
#include "mace/base/strings.h"
#include "mace/formats/onnx/node.h"

namespace mace {
namespace {

Status ConvertConcat(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(std::max<size_t>(node->input_count(), 1)));
  AttributeMap attributes;
  attributes.Set("axis", node->Int("axis", 1));
  return node->EmitResult("Concat", node->inputs(), std::move(attributes));
}

Status ConvertSplit(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 2));
  const Shape shape = node->shape(0);
  MACE_ASSIGN_OR_RETURN(const int axis, NormalizeAxis(node->Int("axis", 0), shape.rank()));
  MACE_ASSIGN_OR_RETURN(std::vector<int64_t> sizes, node->AttributeOrInput("split", 1));
  const int64_t extent = shape[axis];
  if (sizes.empty()) {
    const int64_t parts = node->Int("num_outputs", node->def().output_size());
    if (parts < 1 || parts > kMaxSplitParts) {
      return InvalidArgument("num_outputs: expected 1 to " + std::to_string(kMaxSplitParts) +
                             ", found " + std::to_string(parts));
    }
    // The last one takes what is left.
    const int64_t size = CeilDivide(extent, parts);
    sizes.assign(static_cast<size_t>(parts), size);
    sizes.back() = extent - size * (parts - 1);
  }
  int64_t sum = 0;
  for (int64_t size : sizes) sum += size < 0 || size > extent ? extent + 1 : size;
  if (sum != extent || static_cast<int64_t>(sizes.size()) > kMaxSplitParts) {
    return InvalidArgument("expected sizes that add up to " + std::to_string(extent) + ", found [" +
                           JoinNumbers(sizes, ", ") + "]");
  }
  const int parts = static_cast<int>(sizes.size());
  AttributeMap attributes;
  attributes.Set("axis", int64_t{axis});
  attributes.Set("num_split", int64_t{parts});
  attributes.Set("split_sizes", std::move(sizes));
  return node->EmitResult("Split", {node->input(0)}, std::move(attributes), parts);
}

// Attributes until op set 9, inputs from 10 on.
Status ConvertSlice(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 5));
  MACE_ASSIGN_OR_RETURN(const std::vector<int64_t> starts, node->AttributeOrInput("starts", 1));
  MACE_ASSIGN_OR_RETURN(const std::vector<int64_t> ends, node->AttributeOrInput("ends", 2));
  std::vector<int64_t> all(starts.size());
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<int64_t>(i);
  MACE_ASSIGN_OR_RETURN(std::vector<int64_t> axes, node->AttributeOrInput("axes", 3, all));
  AttributeMap attributes;
  if (node->HasInput(4)) {
    MACE_ASSIGN_OR_RETURN(std::vector<int64_t> steps, node->Numbers(4));
    attributes.Set("steps", std::move(steps));
  }
  attributes.Set("starts", starts);
  attributes.Set("ends", ends);
  attributes.Set("axes", std::move(axes));
  return node->EmitResult("Slice", {node->input(0)}, std::move(attributes));
}

Status ConvertGather(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2, 2));
  AttributeMap attributes;
  attributes.Set("axis", node->Int("axis", 0));
  return node->EmitResult("Gather", {node->input(0), node->input(1)}, std::move(attributes));
}

// The tensor goes on at its other end.
Status EmitWrapPad(OnnxNode* node, const std::vector<int64_t>& paddings) {
  const Shape shape = node->shape(0);
  ValueId id = node->input(0);
  for (int axis = 0; axis < shape.rank(); ++axis) {
    const int64_t extent = shape[axis];
    const int64_t before = paddings[2 * static_cast<size_t>(axis)];
    const int64_t after = paddings[2 * static_cast<size_t>(axis) + 1];
    if (before == 0 && after == 0) continue;
    if (before < 0 || after < 0 || before > extent || after > extent) {
      return Unsupported("pads: expected 0 to the extent where mode is wrap, found " +
                         std::to_string(before) + " and " + std::to_string(after));
    }
    std::vector<ValueId> parts;
    if (before > 0) {
      MACE_ASSIGN_OR_RETURN(const ValueId part, EmitSlice(node, id, axis, extent - before, extent));
      parts.push_back(part);
    }
    parts.push_back(id);
    if (after > 0) {
      MACE_ASSIGN_OR_RETURN(const ValueId part, EmitSlice(node, id, axis, 0, after));
      parts.push_back(part);
    }
    AttributeMap concat;
    concat.Set("axis", int64_t{axis});
    MACE_ASSIGN_OR_RETURN(id, node->Emit("/joined", "Concat", std::move(parts), std::move(concat)));
  }
  node->SetResult(id);
  return Status::Ok();
}

// All that stand before, then all that stand behind, as pairs for each axis of x.
StatusOr<std::vector<int64_t>> ReadPaddings(const OnnxNode& node) {
  const int rank = node.shape(0).rank();
  MACE_ASSIGN_OR_RETURN(const std::vector<int64_t> pads, node.AttributeOrInput("pads", 1));
  std::vector<int64_t> axes;
  for (int axis = 0; axis < rank; ++axis) axes.push_back(axis);
  if (node.HasInput(3)) {
    MACE_ASSIGN_OR_RETURN(axes, node.Numbers(3));
  }
  if (pads.size() != 2 * axes.size()) {
    return InvalidArgument("pads: expected " + std::to_string(2 * axes.size()) +
                           " numbers, found " + std::to_string(pads.size()));
  }
  std::vector<int64_t> paddings(2 * static_cast<size_t>(rank), 0);
  for (size_t i = 0; i < axes.size(); ++i) {
    MACE_ASSIGN_OR_RETURN(const int axis, NormalizeAxis(axes[i], rank));
    paddings[2 * static_cast<size_t>(axis)] = pads[i];
    paddings[2 * static_cast<size_t>(axis) + 1] = pads[axes.size() + i];
  }
  return paddings;
}

Status ConvertPad(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 4));
  const std::string mode = node->String("mode", "constant");
  MACE_ASSIGN_OR_RETURN(std::vector<int64_t> paddings, ReadPaddings(*node));
  double value = node->Float("value", 0);
  if (node->HasInput(2)) {
    MACE_ASSIGN_OR_RETURN(value, node->Real(2));
  }
  if (mode == "wrap") return EmitWrapPad(node, paddings);
  const char* const modes[] = {"constant", "reflect", "", "edge"};
  for (int64_t type : {0, 1, 3}) {
    if (mode != modes[type]) continue;
    AttributeMap attributes;
    attributes.Set("paddings", std::move(paddings));
    attributes.Set("pad_type", type);
    attributes.Set("constant_value", value);
    return node->EmitResult("Pad", {node->input(0)}, std::move(attributes));
  }
  return Unsupported("mode: expected constant, reflect, edge or wrap, found " + Printable(mode));
}

}  // namespace

const OnnxConverterEntry kOnnxSliceConverters[] = {
    {"Concat", ConvertConcat}, {"Gather", ConvertGather}, {"Pad", ConvertPad},
    {"Slice", ConvertSlice},   {"Split", ConvertSplit},   {nullptr, nullptr},
};

}  // namespace mace
