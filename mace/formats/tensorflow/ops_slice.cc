// Taking apart and putting together: TensorFlow's ops that choose or join elements.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "mace/base/strings.h"
#include "mace/formats/tensorflow/node.h"

namespace mace {
namespace {

Status EmitConcatResult(TfNode* node, std::vector<ValueId> inputs, int64_t axis) {
  AttributeMap attributes;
  attributes.Set("axis", axis);
  return node->EmitResult("Concat", std::move(inputs), std::move(attributes));
}

Status ConvertConcatV2(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  const size_t last = node->input_count() - 1;
  MACE_ASSIGN_OR_RETURN(const int64_t axis, node->Number(last));
  return EmitConcatResult(node, {node->inputs().begin(), node->inputs().end() - 1}, axis);
}

// The older form has the axis first.
Status ConvertConcat(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  MACE_ASSIGN_OR_RETURN(const int64_t axis, node->Number(0));
  return EmitConcatResult(node, {node->inputs().begin() + 1, node->inputs().end()}, axis);
}

Status CheckParts(const char* name, int64_t parts) {
  if (parts >= 1 && parts <= kMaxSplitParts) return Status::Ok();
  return InvalidArgument(std::string(name) + ": expected 1 to " + std::to_string(kMaxSplitParts) +
                         ", found " + std::to_string(parts));
}

Status ConvertSplit(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  AttributeMap attributes;
  const int64_t parts = node->Int("num_split", 0);
  MACE_RETURN_IF_ERROR(CheckParts("num_split", parts));
  MACE_ASSIGN_OR_RETURN(const int64_t axis, node->Number(0));
  attributes.Set("axis", axis);
  attributes.Set("num_split", parts);
  return node->EmitResult("Split", {node->input(1)}, std::move(attributes),
                          static_cast<int>(parts));
}

// x, sizes (one of them may be -1: the rest), axis.
Status ConvertSplitV(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(3));
  AttributeMap attributes;
  MACE_ASSIGN_OR_RETURN(std::vector<int64_t> sizes, node->Numbers(1));
  MACE_ASSIGN_OR_RETURN(const int64_t wanted_axis, node->Number(2));
  MACE_ASSIGN_OR_RETURN(const int axis, NormalizeAxis(wanted_axis, node->shape(0).rank()));
  const int64_t extent = node->shape(0).dim(axis);
  int64_t known = 0, open = 0;
  for (int64_t size : sizes) {
    if (size < -1 || size > extent) {
      return InvalidArgument("sizes [" + JoinNumbers(sizes, ", ") + "] of an extent of " +
                             std::to_string(extent));
    }
    known += std::max<int64_t>(size, 0);
    open += size == -1;
  }
  if (open > 1 || known > extent || (open == 0 && known != extent)) {
    return InvalidArgument("expected sizes that add up to " + std::to_string(extent) + ", found [" +
                           JoinNumbers(sizes, ", ") + "]");
  }
  std::replace(sizes.begin(), sizes.end(), int64_t{-1}, extent - known);
  const int64_t parts = static_cast<int64_t>(sizes.size());
  MACE_RETURN_IF_ERROR(CheckParts("sizes", parts));
  attributes.Set("axis", int64_t{axis});
  attributes.Set("num_split", parts);
  attributes.Set("split_sizes", std::move(sizes));
  return node->EmitResult("Split", {node->input(0)}, std::move(attributes),
                          static_cast<int>(parts));
}

Status ConvertPack(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  AttributeMap attributes;
  attributes.Set("axis", node->Int("axis", 0));
  return node->EmitResult("Stack", node->inputs(), std::move(attributes));
}

Status ConvertUnpack(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  AttributeMap attributes;
  const int64_t parts = node->Int("num", 0);
  MACE_RETURN_IF_ERROR(CheckParts("num", parts));
  attributes.Set("axis", node->Int("axis", 0));
  attributes.Set("num", parts);
  return node->EmitResult("Unstack", {node->input(0)}, std::move(attributes),
                          static_cast<int>(parts));
}

Status ConvertStridedSlice(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(4));
  // The op itself reads begin, end and strides.
  for (const size_t i : {size_t{1}, size_t{2}, size_t{3}}) {
    MACE_RETURN_IF_ERROR(node->Numbers(i).status());
  }
  AttributeMap attributes;
  for (const char* mask :
       {"begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask"}) {
    attributes.Set(mask, node->Int(mask, 0));
  }
  return node->EmitResult("StridedSlice",
                          {node->input(0), node->input(1), node->input(2), node->input(3)},
                          std::move(attributes));
}

// x, begin, size (-1: to the end).
Status ConvertSlice(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(3));
  AttributeMap attributes;
  MACE_ASSIGN_OR_RETURN(const std::vector<int64_t> begin, node->Numbers(1));
  MACE_ASSIGN_OR_RETURN(const std::vector<int64_t> size, node->Numbers(2));
  const Shape& shape = node->shape(0);
  const size_t rank = static_cast<size_t>(shape.rank());
  if (begin.size() != rank || size.size() != rank) {
    return InvalidArgument("expected begin and size for rank " + std::to_string(rank) + ", found " +
                           std::to_string(begin.size()) + " and " + std::to_string(size.size()));
  }
  std::vector<int64_t> ends(rank), axes(rank);
  for (size_t i = 0; i < rank; ++i) {
    const int64_t extent = shape.dim(static_cast<int>(i));
    if (begin[i] < 0 || begin[i] > extent || size[i] < -1 || size[i] > extent - begin[i]) {
      return InvalidArgument("begin [" + JoinNumbers(begin, ", ") + "] and size [" +
                             JoinNumbers(size, ", ") + "] reach outside of " + shape.ToString());
    }
    ends[i] = size[i] == -1 ? extent : begin[i] + size[i];
    axes[i] = static_cast<int64_t>(i);
  }
  attributes.Set("starts", begin);
  attributes.Set("ends", std::move(ends));
  attributes.Set("axes", std::move(axes));
  return node->EmitResult("Slice", {node->input(0)}, std::move(attributes));
}

// indices, depth, on_value, off_value.
Status ConvertOneHot(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(4));
  AttributeMap attributes;
  MACE_ASSIGN_OR_RETURN(const int64_t depth, node->Number(1));
  attributes.Set("depth", depth);
  attributes.Set("axis", node->Int("axis", -1));
  const char* const names[] = {"on_value", "off_value"};
  for (size_t i = 0; i < 2; ++i) {
    const HostTensor* value = node->builder()->ElementsOf(node->input(2 + i));
    if (value == nullptr || value->shape().elements() != 1) {
      return Unsupported(std::string(names[i]) + ": expected one number known at import");
    }
    if (!IsFloat(value->dtype())) attributes.Set("dtype", std::string("int32"));
    attributes.Set(names[i], double{ToFloatVector(*value)[0]});
  }
  return node->EmitResult("OneHot", {node->input(0)}, std::move(attributes));
}

}  // namespace

const TfConverterEntry kTfSliceConverters[] = {
    {"Concat", ConvertConcat}, {"ConcatV2", ConvertConcatV2},
    {"OneHot", ConvertOneHot}, {"Pack", ConvertPack},
    {"Slice", ConvertSlice},   {"Split", ConvertSplit},
    {"SplitV", ConvertSplitV}, {"StridedSlice", ConvertStridedSlice},
    {"Unpack", ConvertUnpack}, {nullptr, nullptr},
};

}  // namespace mace
