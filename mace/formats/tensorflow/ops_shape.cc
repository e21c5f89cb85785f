// Shapes and order: TensorFlow's ops that leave the elements as they are.
#include <string>
#include <utility>
#include <vector>

#include "mace/base/strings.h"
#include "mace/formats/common/filled.h"
#include "mace/formats/tensorflow/node.h"
#include "mace/formats/tensorflow/tensor.h"

namespace mace {
namespace {

Status ConvertPassThrough(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  node->SetResult(node->input(0));
  return Status::Ok();
}

Status ConvertReshape(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  AttributeMap attributes;
  MACE_ASSIGN_OR_RETURN(std::vector<int64_t> dim, node->Numbers(1));
  // A 0 is an empty axis here, where the graph's op copies the input's extent unless told.
  for (int64_t extent : dim) {
    if (extent == 0) attributes.Set("allowzero", int64_t{1});
  }
  attributes.Set("dim", std::move(dim));
  return node->EmitResult("Reshape", {node->input(0)}, std::move(attributes));
}

Status ConvertSqueeze(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  AttributeMap attributes;
  std::vector<int64_t> axes = node->Ints("squeeze_dims");
  if (axes.empty()) axes = node->Ints("axis");
  if (!axes.empty()) attributes.Set("axis", std::move(axes));
  return node->EmitResult("Squeeze", {node->input(0)}, std::move(attributes));
}

Status ConvertExpandDims(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  AttributeMap attributes;
  MACE_ASSIGN_OR_RETURN(const int64_t axis, node->Number(1));
  attributes.Set("axis", std::vector<int64_t>{axis});
  return node->EmitResult("Unsqueeze", {node->input(0)}, std::move(attributes));
}

Status ConvertTranspose(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  AttributeMap attributes;
  MACE_ASSIGN_OR_RETURN(std::vector<int64_t> dims, node->Numbers(1));
  attributes.Set("dims", std::move(dims));
  return node->EmitResult("Transpose", {node->input(0)}, std::move(attributes));
}

Status ConvertShape(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  return node->EmitResult("Shape", {node->input(0)}, {});
}

Status ConvertCast(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  const tf::DataType wanted = node->Type("DstT", tf::DT_INVALID);
  const DType dtype = GraphType(wanted);
  if (dtype == DType::kInvalid) {
    return Unsupported("DstT: element type " + std::to_string(wanted));
  }
  AttributeMap attributes;
  attributes.Set("dtype", std::string(DTypeName(IsFloat(dtype) ? DType::kFloat32 : dtype)));
  return node->EmitResult("Cast", {node->input(0)}, std::move(attributes));
}

// Shape and value must be known.
Status ConvertFill(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  MACE_ASSIGN_OR_RETURN(std::vector<int64_t> dims, node->Numbers(0));
  MACE_ASSIGN_OR_RETURN(Shape shape, Shape::Make(std::move(dims)));
  const HostTensor* value = node->builder()->ElementsOf(node->input(1));
  if (value == nullptr || value->shape().elements() != 1) {
    return Unsupported("input 1: expected one number that is known at import");
  }
  MACE_ASSIGN_OR_RETURN(const ValueId filled,
                        AddFilled(node->name(), *value, std::move(shape), node->builder()));
  node->SetResult(filled);
  return Status::Ok();
}

Status ConvertTile(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  AttributeMap attributes;
  MACE_ASSIGN_OR_RETURN(std::vector<int64_t> multiples, node->Numbers(1));
  attributes.Set("multiples", std::move(multiples));
  return node->EmitResult("Tile", {node->input(0)}, std::move(attributes));
}

constexpr int64_t kPadConstant = 0;
constexpr int64_t kPadReflect = 1;
constexpr int64_t kPadSymmetric = 2;

Status EmitPad(TfNode* node, int64_t pad_type, double constant_value) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  AttributeMap attributes;
  MACE_ASSIGN_OR_RETURN(std::vector<int64_t> paddings, node->Numbers(1));
  attributes.Set("paddings", std::move(paddings));
  attributes.Set("pad_type", pad_type);
  attributes.Set("constant_value", constant_value);
  return node->EmitResult("Pad", {node->input(0)}, std::move(attributes));
}

Status ConvertPad(TfNode* node) { return EmitPad(node, kPadConstant, 0); }

Status ConvertPadV2(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(3));
  const HostTensor* value = node->builder()->ElementsOf(node->input(2));
  if (value == nullptr || value->shape().elements() != 1) {
    return Unsupported("input 2: expected one number that is known at import");
  }
  return EmitPad(node, kPadConstant, ToFloatVector(*value)[0]);
}

Status ConvertMirrorPad(TfNode* node) {
  const std::string mode = node->String("mode", "");
  if (mode != "REFLECT" && mode != "SYMMETRIC") {
    return Unsupported("mode: expected REFLECT or SYMMETRIC, found " + Printable(mode));
  }
  return EmitPad(node, mode == "REFLECT" ? kPadReflect : kPadSymmetric, 0);
}

}  // namespace

const TfConverterEntry kTfShapeConverters[] = {
    {"Cast", ConvertCast},
    {"CheckNumerics", ConvertPassThrough},
    {"EnsureShape", ConvertPassThrough},
    {"ExpandDims", ConvertExpandDims},
    {"Fill", ConvertFill},
    {"MirrorPad", ConvertMirrorPad},
    {"Pad", ConvertPad},
    {"PadV2", ConvertPadV2},
    {"PreventGradient", ConvertPassThrough},
    {"Print", ConvertPassThrough},
    {"Reshape", ConvertReshape},
    {"Shape", ConvertShape},
    {"Snapshot", ConvertPassThrough},
    {"Squeeze", ConvertSqueeze},
    {"Tile", ConvertTile},
    {"Transpose", ConvertTranspose},
    {nullptr, nullptr},
};

}  // namespace mace
