// ONNX's ops that choose by indices and masks. An index into several axes becomes one into the
// flattened tensor, by integer arithmetic in the graph, which is evaluated where the indices are
// known.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "mace/base/strings.h"
#include "mace/formats/onnx/emit.h"

namespace mace {
namespace {

Status ConvertWhere(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(3, 3));
  return node->EmitResult("Where", node->GivenInputs());
}

// Keeps one triangle of each matrix, the other becomes 0.
Status ConvertTrilu(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 2));
  const Shape shape = node->shape(0);
  if (shape.rank() < 2) return InvalidArgument("expected matrices, found " + shape.ToString());
  const bool upper = node->Int("upper", 1) != 0;
  int64_t diagonal = 0;
  if (node->HasInput(1)) {
    MACE_ASSIGN_OR_RETURN(diagonal, node->Number(1));
  }
  const int64_t rows = shape.back(1), columns = shape.back(0);
  diagonal = std::clamp(diagonal, -rows, columns);
  const TensorInfo info{DType::kBool, Shape{rows, columns}};
  MACE_RETURN_IF_ERROR(node->builder()->Reserve("a mask", info.bytes()));
  MACE_ASSIGN_OR_RETURN(HostTensor mask, HostTensor::Allocate(info));
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t column = 0; column < columns; ++column) {
      const bool kept = upper ? column >= row + diagonal : column <= row + diagonal;
      mask.mutable_data<uint8_t>()[row * columns + column] = kept ? 1 : 0;
    }
  }
  const DType dtype = IsFloat(node->dtype(0)) ? DType::kFloat32 : node->dtype(0);
  MACE_ASSIGN_OR_RETURN(HostTensor none, HostTensor::Allocate({dtype, Shape()}));
  const ValueId zero = node->AddConstant("/zero", std::move(none));
  return node->EmitResult("Where",
                          {node->AddConstant("/mask", std::move(mask)), node->input(0), zero});
}

// Indices in [-extent, extent) as int64 in [0, extent); an extent for each place of the last axis,
// or one for all. Indices outside are an error, when they are known.
StatusOr<ValueId> EmitPositions(OnnxNode* node, ValueId indices, std::vector<int64_t> extents) {
  MACE_ASSIGN_OR_RETURN(indices, EmitCast(node, indices, DType::kInt64));
  AttributeMap attributes;
  attributes.Set("extents", std::move(extents));
  return node->Emit("/indices", "NormalizeIndices", {indices}, std::move(attributes));
}

std::vector<int64_t> DenseStridesOf(const Shape& shape) {
  std::vector<int64_t> strides(shape.dims().size(), 1);
  for (size_t axis = strides.size(); axis-- > 1;) {
    strides[axis - 1] = strides[axis] * shape.dims()[axis];
  }
  return strides;
}

// Where each element of `indices`, which point along `axis` of a tensor of `shape`, lies in that
// tensor, as a flat position. The coordinates along other axes are those of the index itself.
StatusOr<ValueId> EmitElementPositions(OnnxNode* node, ValueId indices, const Shape& shape,
                                       int axis) {
  const Shape at = node->builder()->ShapeOf(indices);
  bool fits = at.rank() == shape.rank();
  for (int i = 0; fits && i < at.rank(); ++i) fits = i == axis || at[i] <= shape[i];
  if (!fits || shape[axis] == 0) {
    return InvalidArgument("indices " + at.ToString() + " do not fit " + shape.ToString() +
                           " along axis " + std::to_string(axis));
  }
  const std::vector<int64_t> strides = DenseStridesOf(shape);
  const TensorInfo info{DType::kInt64, at};
  MACE_RETURN_IF_ERROR(node->builder()->Reserve("positions", info.bytes()));
  MACE_ASSIGN_OR_RETURN(HostTensor others, HostTensor::Allocate(info));
  for (int64_t i = 0; i < at.elements(); ++i) {
    int64_t rest = i, sum = 0;
    for (int k = at.rank() - 1; k >= 0; --k) {
      if (k != axis) sum += rest % at[k] * strides[static_cast<size_t>(k)];
      rest /= at[k];
    }
    others.mutable_data<int64_t>()[i] = sum;
  }
  const ValueId stride = node->AddInts("/stride", {strides[static_cast<size_t>(axis)]});
  MACE_ASSIGN_OR_RETURN(ValueId flat, EmitPositions(node, indices, {shape[axis]}));
  MACE_ASSIGN_OR_RETURN(flat, EmitEltwise(node, EltwiseType::kProd, flat, stride));
  return EmitEltwise(node, EltwiseType::kSum, flat,
                     node->AddConstant("/others", std::move(others)));
}

// A result without elements: nothing is chosen, and there may be nothing to choose from.
Status SetEmpty(OnnxNode* node, std::vector<int64_t> dims) {
  MACE_ASSIGN_OR_RETURN(Shape shape, Shape::Make(std::move(dims)));
  const DType dtype = IsFloat(node->dtype(0)) ? DType::kFloat32 : node->dtype(0);
  MACE_ASSIGN_OR_RETURN(HostTensor empty, HostTensor::Allocate({dtype, std::move(shape)}));
  node->SetResult(node->AddConstant("", std::move(empty)));
  return Status::Ok();
}

// Indices along `axis` that are the same for all coordinates of the other axes, as a list: what
// torch's expand makes of one index a row. kNoValue where they are not known to be, or do not cover
// the other axes of `shape`.
StatusOr<ValueId> EmitCommonIndices(OnnxNode* node, ValueId indices, const Shape& shape, int axis) {
  const ValueId source = node->builder()->BroadcastSource(indices);
  if (source == kNoValue) return kNoValue;
  const Shape at = node->builder()->ShapeOf(indices), each = node->builder()->ShapeOf(source);
  if (at.rank() != shape.rank()) return kNoValue;
  for (int i = 0; i < at.rank(); ++i) {
    if (i == axis ? each[i] != at[i] : each[i] != 1 || at[i] != shape[i]) return kNoValue;
  }
  return node->builder()->Reshape(source, {at[axis]});
}

Status ConvertGatherElements(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2, 2));
  const Shape shape = node->shape(0);
  MACE_ASSIGN_OR_RETURN(const int axis, NormalizeAxis(node->Int("axis", 0), shape.rank()));
  if (node->shape(1).elements() == 0) return SetEmpty(node, node->shape(1).dims());
  if (node->Constant(1) == nullptr) {
    AttributeMap attributes;
    attributes.Set("axis", int64_t{axis});
    MACE_ASSIGN_OR_RETURN(const ValueId common,
                          EmitCommonIndices(node, node->input(1), shape, axis));
    if (common != kNoValue) {
      return node->EmitResult("Gather", {node->input(0), common}, std::move(attributes));
    }
    return node->EmitResult("GatherElements", node->GivenInputs(), std::move(attributes));
  }
  MACE_ASSIGN_OR_RETURN(const ValueId flat,
                        EmitElementPositions(node, node->input(1), shape, axis));
  MACE_ASSIGN_OR_RETURN(const ValueId x,
                        node->builder()->Reshape(node->input(0), {shape.elements()}));
  AttributeMap attributes;
  attributes.Set("axis", int64_t{0});
  return node->EmitResult("Gather", {x, flat}, std::move(attributes));
}

// Indices [..., k] into the first k axes of `shape` (from `skipped` on, which count along) as
// indices of rows, flat.
StatusOr<ValueId> EmitRowPositions(OnnxNode* node, ValueId indices, const Shape& shape,
                                   int skipped) {
  const Shape at = node->builder()->ShapeOf(indices);
  const int depth = static_cast<int>(at.back(0));
  if (at.rank() < 1 || depth < 1 || depth + skipped > shape.rank()) {
    return InvalidArgument("indices " + at.ToString() + " do not fit " + shape.ToString());
  }
  std::vector<int64_t> extents, strides;
  for (int axis = skipped; axis < skipped + depth; ++axis) {
    extents.push_back(shape[axis]);
    strides.push_back(shape.elements(axis + 1, skipped + depth));
    if (shape[axis] == 0) return InvalidArgument("nothing to choose from " + shape.ToString());
  }
  MACE_ASSIGN_OR_RETURN(ValueId flat, EmitPositions(node, indices, extents));
  MACE_ASSIGN_OR_RETURN(
      flat, EmitEltwise(node, EltwiseType::kProd, flat, node->AddInts("/strides", strides)));
  MACE_ASSIGN_OR_RETURN(flat, EmitReduce(node, ReduceType::kSum, flat, {at.rank() - 1}));
  std::vector<int64_t> dims(at.dims().begin(), at.dims().end() - 1);
  if (skipped == 0) return node->builder()->Reshape(flat, dims);
  // The batches lie one behind the other.
  const int64_t batches = shape.elements(0, skipped);
  const int64_t rows = shape.elements(skipped, skipped + depth);
  MACE_RETURN_IF_ERROR(
      node->builder()->Reserve("positions", static_cast<size_t>(batches) * sizeof(int64_t)));
  std::vector<int64_t> starts(static_cast<size_t>(batches));
  for (size_t i = 0; i < starts.size(); ++i) starts[i] = static_cast<int64_t>(i) * rows;
  const int64_t each = at.elements(skipped, at.rank() - 1);
  MACE_ASSIGN_OR_RETURN(flat, node->builder()->Reshape(flat, {batches, each}));
  MACE_ASSIGN_OR_RETURN(const ValueId start,
                        node->builder()->Reshape(node->AddInts("/starts", starts), {batches, 1}));
  MACE_ASSIGN_OR_RETURN(flat, EmitEltwise(node, EltwiseType::kSum, flat, start));
  return node->builder()->Reshape(flat, dims);
}

Status ConvertGatherNd(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2, 2));
  const Shape shape = node->shape(0), at = node->shape(1);
  const int64_t skipped = node->Int("batch_dims", 0);
  bool fits = skipped >= 0 && skipped < shape.rank() && skipped < at.rank();
  for (int i = 0; fits && i < skipped; ++i) fits = shape[i] == at[i];
  if (!fits) {
    return InvalidArgument("batch_dims: expected axes that " + shape.ToString() + " and " +
                           at.ToString() + " share, found " + std::to_string(skipped));
  }
  const int first = static_cast<int>(skipped);
  const int rest = first + static_cast<int>(at.back(0));
  if (at.elements() == 0 && at.back(0) > 0 && rest <= shape.rank()) {
    std::vector<int64_t> none(at.dims().begin(), at.dims().end() - 1);
    none.insert(none.end(), shape.dims().begin() + rest, shape.dims().end());
    return SetEmpty(node, std::move(none));
  }
  MACE_ASSIGN_OR_RETURN(const ValueId flat, EmitRowPositions(node, node->input(1), shape, first));
  std::vector<int64_t> dims = {shape.elements(0, rest)};
  dims.insert(dims.end(), shape.dims().begin() + rest, shape.dims().end());
  MACE_ASSIGN_OR_RETURN(const ValueId x, node->builder()->Reshape(node->input(0), dims));
  AttributeMap attributes;
  attributes.Set("axis", int64_t{0});
  return node->EmitResult("Gather", {x, flat}, std::move(attributes));
}

StatusOr<ValueId> EmitScatter(OnnxNode* node, ValueId x, ValueId rows, ValueId updates) {
  AttributeMap attributes;
  attributes.Set("reduction", node->String("reduction", "none"));
  return node->Emit("", "Scatter", {x, rows, updates}, std::move(attributes));
}

Status ConvertScatterElements(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(3, 3));
  const Shape shape = node->shape(0), at = node->shape(1);
  if (at.elements() == 0) {
    node->Ignore({"axis", "reduction"});
    node->SetResult(node->input(0));
    return Status::Ok();
  }
  MACE_ASSIGN_OR_RETURN(const int axis, NormalizeAxis(node->Int("axis", 0), shape.rank()));
  if (axis == 0 && at == node->shape(2)) {
    MACE_ASSIGN_OR_RETURN(const ValueId rows, EmitCommonIndices(node, node->input(1), shape, axis));
    if (rows != kNoValue) {
      MACE_ASSIGN_OR_RETURN(const ValueId y,
                            EmitScatter(node, node->input(0), rows, node->input(2)));
      node->SetResult(y);
      return Status::Ok();
    }
  }
  MACE_ASSIGN_OR_RETURN(ValueId flat, EmitElementPositions(node, node->input(1), shape, axis));
  GraphBuilder* builder = node->builder();
  MACE_ASSIGN_OR_RETURN(flat, builder->Reshape(flat, {at.elements()}));
  MACE_ASSIGN_OR_RETURN(const ValueId x, builder->Reshape(node->input(0), {shape.elements()}));
  MACE_ASSIGN_OR_RETURN(const ValueId updates,
                        builder->Reshape(node->input(2), {node->shape(2).elements()}));
  MACE_ASSIGN_OR_RETURN(ValueId y, EmitScatter(node, x, flat, updates));
  MACE_ASSIGN_OR_RETURN(y, builder->Reshape(y, shape.dims()));
  node->SetResult(y);
  return Status::Ok();
}

Status ConvertScatterNd(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(3, 3));
  const Shape shape = node->shape(0), at = node->shape(1);
  if (at.elements() == 0) {
    node->Ignore({"axis", "reduction"});
    node->SetResult(node->input(0));
    return Status::Ok();
  }
  GraphBuilder* builder = node->builder();
  MACE_ASSIGN_OR_RETURN(ValueId flat, EmitRowPositions(node, node->input(1), shape, 0));
  const int64_t rows = at.elements(0, at.rank() - 1);
  const int rest = static_cast<int>(at.back(0));
  const int64_t run = shape.elements(rest, shape.rank());
  MACE_ASSIGN_OR_RETURN(flat, builder->Reshape(flat, {rows}));
  MACE_ASSIGN_OR_RETURN(const ValueId x,
                        builder->Reshape(node->input(0), {shape.elements(0, rest), run}));
  MACE_ASSIGN_OR_RETURN(const ValueId updates, builder->Reshape(node->input(2), {rows, run}));
  MACE_ASSIGN_OR_RETURN(ValueId y, EmitScatter(node, x, flat, updates));
  MACE_ASSIGN_OR_RETURN(y, builder->Reshape(y, shape.dims()));
  node->SetResult(y);
  return Status::Ok();
}

// indices, depth, [off, on]. Negative indices count from the end; those outside choose nothing.
Status ConvertOneHot(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(3, 3));
  MACE_ASSIGN_OR_RETURN(const std::vector<double> depths, node->Reals(1));
  MACE_ASSIGN_OR_RETURN(const std::vector<double> values, node->Reals(2));
  if (depths.size() != 1 || values.size() != 2 || !(depths[0] >= 0 && depths[0] < 1 << 24)) {
    return InvalidArgument("expected a depth below 2^24 and two values, found " +
                           std::to_string(depths.size()) + " and " + std::to_string(values.size()));
  }
  ValueId indices = node->input(0);
  MACE_ASSIGN_OR_RETURN(ValueId below, EmitEltwise(node, EltwiseType::kLess, indices, 0.0));
  MACE_ASSIGN_OR_RETURN(below, EmitCast(node, below, node->dtype(0)));
  MACE_ASSIGN_OR_RETURN(below, EmitEltwise(node, EltwiseType::kProd, below, depths[0]));
  MACE_ASSIGN_OR_RETURN(indices, EmitEltwise(node, EltwiseType::kSum, indices, below));
  AttributeMap attributes;
  attributes.Set("depth", static_cast<int64_t>(depths[0]));
  attributes.Set("axis", node->Int("axis", -1));
  attributes.Set("off_value", values[0]);
  attributes.Set("on_value", values[1]);
  MACE_ASSIGN_OR_RETURN(const ValueId y,
                        node->Emit("", "OneHot", {indices}, std::move(attributes)));
  const bool exact = std::max(std::abs(values[0]), std::abs(values[1])) < 1 << 24;
  if (!IsFloat(node->dtype(2)) && !exact) return Unsupported("values above 2^24");
  MACE_ASSIGN_OR_RETURN(const ValueId typed, EmitCast(node, y, node->dtype(2)));
  node->SetResult(typed);
  return Status::Ok();
}

Status ConvertTopK(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 2));
  AttributeMap attributes;
  int64_t k = node->Int("k", -1);
  if (node->HasInput(1)) {
    MACE_ASSIGN_OR_RETURN(k, node->Number(1));
  }
  node->Ignore({"sorted"});  // Any order will do where it is 0.
  attributes.Set("k", k);
  attributes.Set("axis", node->Int("axis", -1));
  attributes.Set("largest", node->Int("largest", 1));
  return node->EmitResult("TopK", {node->input(0)}, std::move(attributes), 2);
}

}  // namespace

const OnnxConverterEntry kOnnxIndexConverters[] = {
    {"GatherElements", ConvertGatherElements},
    {"GatherND", ConvertGatherNd},
    {"OneHot", ConvertOneHot},
    {"Scatter", ConvertScatterElements},
    {"ScatterElements", ConvertScatterElements},
    {"ScatterND", ConvertScatterNd},
    {"TopK", ConvertTopK},
    {"Trilu", ConvertTrilu},
    {"Where", ConvertWhere},
    {nullptr, nullptr},
};

}  // namespace mace
