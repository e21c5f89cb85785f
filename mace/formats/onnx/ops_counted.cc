// ONNX's ops whose results have as many rows as are found when the network runs: NonZero,
// NonMaxSuppression, Compress and Unique.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "mace/formats/common/permute.h"
#include "mace/formats/onnx/converter_tables.h"

namespace mace {
namespace {

Status ConvertNonZero(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 1));
  MACE_ASSIGN_OR_RETURN(const std::vector<ValueId> found,
                        node->EmitMany("/found", "NonZero", {node->input(0)}, {}, 2));
  MACE_ASSIGN_OR_RETURN(const ValueId rows, EmitFirstRows(node, found[0], found[1]));
  AttributeMap attributes;
  attributes.Set("dims", std::vector<int64_t>{1, 0});
  return node->EmitResult("Transpose", {rows}, std::move(attributes));
}

// boxes, scores, then where given the most boxes of a class, the overlap and the score threshold.
Status ConvertNonMaxSuppression(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2, 5));
  AttributeMap attributes;
  int64_t max_output = 0;
  if (node->HasInput(2)) {
    MACE_ASSIGN_OR_RETURN(max_output, node->Number(2));
  }
  attributes.Set("max_output", max_output);
  attributes.Set("center_point_box", node->Int("center_point_box", 0));
  std::vector<ValueId> inputs = {node->input(0), node->input(1)};
  for (size_t i : {size_t{3}, size_t{4}}) {
    inputs.push_back(node->HasInput(i) ? node->input(i) : kNoValue);
  }
  MACE_ASSIGN_OR_RETURN(
      const std::vector<ValueId> found,
      node->EmitMany("/found", "NonMaxSuppression", std::move(inputs), std::move(attributes), 3));
  MACE_ASSIGN_OR_RETURN(const ValueId rows, EmitFirstRows(node, found[0], found[2]));
  node->SetResult(rows);
  return Status::Ok();
}

// The elements along an axis, or of x laid flat, for which a condition holds. A condition may be
// shorter than the axis.
Status ConvertCompress(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2, 2));
  const Shape shape = node->shape(0), condition = node->shape(1);
  ValueId x = node->input(0);
  int axis = 0;
  if (node->Has("axis")) {
    MACE_ASSIGN_OR_RETURN(axis, NormalizeAxis(node->Int("axis", 0), shape.rank()));
  } else {
    MACE_ASSIGN_OR_RETURN(x, node->builder()->Reshape(x, {shape.elements()}));
  }
  const int64_t extent = node->builder()->ShapeOf(x)[axis];
  if (condition.rank() != 1 || condition[0] > extent) {
    return InvalidArgument("condition: expected at most " + std::to_string(extent) +
                           " elements of one axis, found " + condition.ToString());
  }
  MACE_ASSIGN_OR_RETURN(const std::vector<ValueId> found,
                        node->EmitMany("/found", "NonZero", {node->input(1)}, {}, 2));
  MACE_ASSIGN_OR_RETURN(ValueId chosen, EmitFirstRows(node, found[0], found[1]));
  MACE_ASSIGN_OR_RETURN(chosen,
                        node->builder()->Reshape(chosen, {node->builder()->ShapeOf(chosen)[0]}));
  AttributeMap attributes;
  attributes.Set("axis", int64_t{axis});
  return node->EmitResult("Gather", {x, chosen}, std::move(attributes));
}

// The slices along an axis as the rows of a matrix, or the elements of x.
StatusOr<ValueId> EmitRows(OnnxNode* node, const std::vector<int64_t>& to_front) {
  GraphBuilder* const builder = node->builder();
  const Shape shape = node->shape(0);
  if (to_front.empty()) return builder->Reshape(node->input(0), {shape.elements(), 1});
  MACE_ASSIGN_OR_RETURN(const ValueId front, builder->Transpose(node->input(0), to_front));
  const Shape moved = builder->ShapeOf(front);
  return builder->Reshape(front, {moved[0], moved.elements(1, moved.rank())});
}

// Y, and where wanted where each is first, which one each element is, and how often each is there.
Status ConvertUnique(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 1));
  GraphBuilder* const builder = node->builder();
  const Shape shape = node->shape(0);
  std::vector<int64_t> to_front;  // The axis, then the others.
  if (node->Has("axis")) {
    MACE_ASSIGN_OR_RETURN(const int axis, NormalizeAxis(node->Int("axis", 0), shape.rank()));
    for (int i = 0; i < shape.rank(); ++i) to_front.push_back(i);
    std::rotate(to_front.begin(), to_front.begin() + axis, to_front.begin() + axis + 1);
  }
  MACE_ASSIGN_OR_RETURN(const ValueId rows, EmitRows(node, to_front));
  AttributeMap attributes;
  attributes.Set("sorted", node->Int("sorted", 1));
  MACE_ASSIGN_OR_RETURN(const std::vector<ValueId> found,
                        node->EmitMany("/found", "Unique", {rows}, std::move(attributes), 5));
  MACE_ASSIGN_OR_RETURN(ValueId y, EmitFirstRows(node, found[0], found[4]));
  std::vector<int64_t> dims = {builder->ShapeOf(y)[0]};
  for (size_t i = 1; i < to_front.size(); ++i) {
    dims.push_back(shape[static_cast<int>(to_front[i])]);
  }
  MACE_ASSIGN_OR_RETURN(y, builder->Reshape(y, dims));
  if (!to_front.empty()) {
    MACE_ASSIGN_OR_RETURN(y, builder->Transpose(y, InversePermutation(to_front)));
  }
  node->SetResult(y);
  node->SetResult(found[2], 2);
  for (const size_t i : {size_t{1}, size_t{3}}) {
    MACE_ASSIGN_OR_RETURN(const ValueId numbers, EmitFirstRows(node, found[i], found[4]));
    node->SetResult(numbers, i);
  }
  return Status::Ok();
}

}  // namespace

const OnnxConverterEntry kOnnxCountedConverters[] = {
    {"Compress", ConvertCompress},
    {"NonMaxSuppression", ConvertNonMaxSuppression},
    {"NonZero", ConvertNonZero},
    {"Unique", ConvertUnique},
    {nullptr, nullptr},
};

}  // namespace mace
