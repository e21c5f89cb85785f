// TensorFlow's ops that choose, place or reorder elements by numbers.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "mace/base/strings.h"
#include "mace/formats/common/permute.h"
#include "mace/formats/tensorflow/emit.h"

namespace mace {
namespace {

// x and indices of rows of its first `depth` axes, which are laid flat.
Status SetRows(TfNode* node, ValueId x, ValueId rows, int depth) {
  const Shape shape = node->builder()->ShapeOf(x);
  std::vector<int64_t> dims = {shape.elements(0, depth)};
  dims.insert(dims.end(), shape.dims().begin() + depth, shape.dims().end());
  MACE_ASSIGN_OR_RETURN(const ValueId flat, node->builder()->Reshape(x, dims));
  AttributeMap attributes;
  attributes.Set("axis", int64_t{0});
  return node->EmitResult("Gather", {flat, rows}, std::move(attributes));
}

Status ConvertGatherNd(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  const Shape shape = node->shape(0), at = node->shape(1);
  MACE_ASSIGN_OR_RETURN(const ValueId rows, EmitRowPositions(node, node->input(1), shape));
  return SetRows(node, node->input(0), rows, static_cast<int>(at.back(0)));
}

// What a Gather with batch axes is asked for: x has the extents batch, outer, axis, inner.
struct BatchGather {
  int batch_axes = 0;
  int axis = 0;
};

StatusOr<BatchGather> ReadBatchGather(const TfNode& node) {
  const Shape shape = node.shape(0), at = node.shape(1);
  int64_t batch = node.Int("batch_dims", 0), axis = 0;
  if (batch < 0) batch += at.rank();
  if (node.input_count() > 2) {
    MACE_ASSIGN_OR_RETURN(axis, node.Number(2));
  }
  MACE_ASSIGN_OR_RETURN(const int at_axis, NormalizeAxis(axis, shape.rank()));
  bool fits = batch >= 0 && batch <= at.rank() && batch <= at_axis;
  for (int i = 0; fits && i < batch; ++i) fits = shape[i] == at[i];
  if (!fits) {
    return InvalidArgument("batch_dims: expected axes before " + std::to_string(at_axis) +
                           " that " + shape.ToString() + " and " + at.ToString() +
                           " share, found " + std::to_string(batch));
  }
  return BatchGather{static_cast<int>(batch), at_axis};
}

// The indices as positions in the batches laid one behind the other.
StatusOr<ValueId> EmitBatchPositions(TfNode* node, int batch_axes, int64_t extent) {
  const Shape at = node->shape(1);
  const int64_t batches = at.elements(0, batch_axes);
  if (extent == 0 || batches * extent > INT32_MAX) {
    return Unsupported("batch_dims: expected 1 to 2^31 rows, found " +
                       std::to_string(batches * extent));
  }
  AttributeMap attributes;
  attributes.Set("extents", std::vector<int64_t>{extent});
  MACE_ASSIGN_OR_RETURN(ValueId flat, node->Emit("/indices", "NormalizeIndices", {node->input(1)},
                                                 std::move(attributes)));
  MACE_RETURN_IF_ERROR(
      node->builder()->Reserve("positions", static_cast<size_t>(batches) * sizeof(int32_t)));
  std::vector<int32_t> starts(static_cast<size_t>(batches));
  for (size_t i = 0; i < starts.size(); ++i) {
    starts[i] = static_cast<int32_t>(static_cast<int64_t>(i) * extent);
  }
  std::vector<int64_t> dims(static_cast<size_t>(at.rank()), 1);
  std::copy_n(at.dims().begin(), batch_axes, dims.begin());
  return EmitEltwise(node, EltwiseType::kSum, flat,
                     AddInts(node, Shape(std::move(dims)), std::move(starts)));
}

// The axis moves behind the batch axes; the result's outer axes then move back before the indices.
Status EmitBatchGather(TfNode* node, const BatchGather& gather) {
  const int batch = gather.batch_axes, axis = gather.axis;
  const Shape shape = node->shape(0), at = node->shape(1);
  std::vector<int64_t> order;
  for (int i = 0; i < shape.rank(); ++i) {
    if (i == batch) order.push_back(axis);
    if (i != axis) order.push_back(i);
  }
  if (batch == shape.rank() - 1) order = {};
  ValueId x = node->input(0);
  if (!order.empty() && axis != batch) {
    MACE_ASSIGN_OR_RETURN(x, node->builder()->Transpose(x, order));
  }
  MACE_ASSIGN_OR_RETURN(const ValueId rows, EmitBatchPositions(node, batch, shape[axis]));
  const Shape moved = node->builder()->ShapeOf(x);
  std::vector<int64_t> dims = {moved.elements(0, batch + 1)};
  dims.insert(dims.end(), moved.dims().begin() + batch + 1, moved.dims().end());
  MACE_ASSIGN_OR_RETURN(const ValueId flat, node->builder()->Reshape(x, dims));
  MACE_ASSIGN_OR_RETURN(ValueId y, EmitGather(node, flat, rows, 0));
  if (axis != batch) {
    std::vector<int64_t> back;
    for (int i = 0; i < batch; ++i) back.push_back(i);
    for (int i = 0; i < axis - batch; ++i) back.push_back(at.rank() + i);
    for (int i = batch; i < at.rank(); ++i) back.push_back(i);
    const int rank = node->builder()->ShapeOf(y).rank();
    for (int i = at.rank() + axis - batch; i < rank; ++i) back.push_back(i);
    MACE_ASSIGN_OR_RETURN(y, node->builder()->Transpose(y, back));
  }
  node->SetResult(y);
  return Status::Ok();
}

// x, indices, and in the newer form the axis.
Status ConvertGather(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  MACE_ASSIGN_OR_RETURN(const BatchGather gather, ReadBatchGather(*node));
  if (gather.batch_axes > 0) return EmitBatchGather(node, gather);
  AttributeMap attributes;
  attributes.Set("axis", int64_t{gather.axis});
  return node->EmitResult("Gather", {node->input(0), node->input(1)}, std::move(attributes));
}

Status EmitScatter(TfNode* node, ValueId x, size_t indices, size_t updates) {
  static const char* const kReductions[][2] = {{"TensorScatterAdd", "add"},
                                               {"TensorScatterMax", "max"},
                                               {"TensorScatterMin", "min"},
                                               {"ScatterNd", "add"},
                                               {"TensorScatterUpdate", "none"}};
  const Shape shape = node->builder()->ShapeOf(x), at = node->shape(indices);
  MACE_ASSIGN_OR_RETURN(ValueId rows, EmitRowPositions(node, node->input(indices), shape));
  const int depth = static_cast<int>(at.back(0));
  const int64_t count = at.elements(0, at.rank() - 1);
  const int64_t run = shape.elements(depth, shape.rank());
  if (node->shape(updates).elements() != count * run) {
    return InvalidArgument("updates: expected " + std::to_string(count * run) +
                           " elements, found " + node->shape(updates).ToString());
  }
  GraphBuilder* builder = node->builder();
  MACE_ASSIGN_OR_RETURN(rows, builder->Reshape(rows, {count}));
  MACE_ASSIGN_OR_RETURN(x, builder->Reshape(x, {shape.elements(0, depth), run}));
  MACE_ASSIGN_OR_RETURN(const ValueId y, builder->Reshape(node->input(updates), {count, run}));
  AttributeMap attributes;
  for (const auto& [op, reduction] : kReductions) {
    if (node->def().op() == op) attributes.Set("reduction", std::string(reduction));
  }
  MACE_ASSIGN_OR_RETURN(ValueId result,
                        node->Emit("/rows", "Scatter", {x, rows, y}, std::move(attributes)));
  MACE_ASSIGN_OR_RETURN(result, builder->Reshape(result, shape.dims()));
  node->SetResult(result);
  return Status::Ok();
}

Status ConvertTensorScatter(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(3));
  return EmitScatter(node, node->input(0), 1, 2);
}

// indices, updates, shape: the updates add up in a tensor of zeros.
Status ConvertScatterNd(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(3));
  MACE_ASSIGN_OR_RETURN(std::vector<int64_t> dims, node->Numbers(2));
  MACE_ASSIGN_OR_RETURN(Shape shape, Shape::Make(std::move(dims)));
  const TensorInfo info{ComputedType(*node, node->input(1)), std::move(shape)};
  MACE_RETURN_IF_ERROR(node->builder()->Reserve("zeros", info.bytes()));
  MACE_ASSIGN_OR_RETURN(HostTensor zeros, HostTensor::Allocate(info));
  return EmitScatter(node, AddConstant(node, std::move(zeros)), 0, 1);
}

Status ConvertReverse(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  MACE_ASSIGN_OR_RETURN(std::vector<int64_t> axes, node->Numbers(1));
  if (axes.empty()) {
    node->SetResult(node->input(0));
    return Status::Ok();
  }
  AttributeMap attributes;
  attributes.Set("axis", std::move(axes));
  return node->EmitResult("Reverse", {node->input(0)}, std::move(attributes));
}

// x and k (an attribute of the older form): the values, and where they are along the last axis.
Status ConvertTopK(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  int64_t k = node->Int("k", -1);
  if (node->input_count() > 1) {
    MACE_ASSIGN_OR_RETURN(k, node->Number(1));
  }
  AttributeMap attributes;
  attributes.Set("k", k);
  attributes.Set("axis", int64_t{-1});
  attributes.Set("largest", int64_t{1});
  MACE_RETURN_IF_ERROR(node->EmitResult("TopK", {node->input(0)}, std::move(attributes), 2));
  std::vector<ValueId> results = node->outputs();
  MACE_ASSIGN_OR_RETURN(results[1], EmitCast(node, results[1], DType::kInt32));
  node->SetResults(std::move(results));
  return Status::Ok();
}

// x, shifts, axes: elements move on by the shift, and those that leave come in at the other end.
Status ConvertRoll(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(3));
  MACE_ASSIGN_OR_RETURN(const std::vector<int64_t> shifts, node->Numbers(1));
  MACE_ASSIGN_OR_RETURN(const std::vector<int64_t> axes, node->Numbers(2));
  if (shifts.size() != axes.size()) {
    return InvalidArgument("expected a shift for each axis, found " +
                           std::to_string(shifts.size()) + " and " + std::to_string(axes.size()));
  }
  ValueId x = node->input(0);
  for (size_t i = 0; i < axes.size(); ++i) {
    MACE_ASSIGN_OR_RETURN(const int axis, NormalizeAxis(axes[i], node->shape(0).rank()));
    const int64_t extent = node->shape(0).dim(axis);
    if (extent == 0) continue;
    const int64_t shift = (shifts[i] % extent + extent) % extent;
    if (shift == 0) continue;
    MACE_ASSIGN_OR_RETURN(const ValueId last, EmitSlice(node, x, axis, extent - shift, extent));
    MACE_ASSIGN_OR_RETURN(const ValueId first, EmitSlice(node, x, axis, 0, extent - shift));
    MACE_ASSIGN_OR_RETURN(x, EmitConcat(node, {last, first}, axis));
  }
  node->SetResult(x);
  return Status::Ok();
}

// The first `length` elements of each batch entry in opposite order, the rest as they are; lengths
// that are known at import.
Status ConvertReverseSequence(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  const Shape shape = node->shape(0);
  MACE_ASSIGN_OR_RETURN(const int sequence, NormalizeAxis(node->Int("seq_dim", 0), shape.rank()));
  MACE_ASSIGN_OR_RETURN(const int batch, NormalizeAxis(node->Int("batch_dim", 0), shape.rank()));
  MACE_ASSIGN_OR_RETURN(const std::vector<int64_t> lengths, node->Numbers(1));
  if (batch == sequence || static_cast<int64_t>(lengths.size()) != shape[batch]) {
    return InvalidArgument("seq_lengths: expected " + std::to_string(shape[batch]) +
                           " along another axis than seq_dim, found " +
                           std::to_string(lengths.size()));
  }
  std::vector<ValueId> entries;
  for (size_t i = 0; i < lengths.size(); ++i) {
    const int64_t length = lengths[i], at = static_cast<int64_t>(i);
    if (length < 0 || length > shape[sequence]) {
      return InvalidArgument("seq_lengths: expected 0 to " + std::to_string(shape[sequence]) +
                             ", found " + std::to_string(length));
    }
    MACE_ASSIGN_OR_RETURN(ValueId entry, EmitSlice(node, node->input(0), batch, at, at + 1));
    if (length > 1) {
      MACE_ASSIGN_OR_RETURN(ValueId first, EmitSlice(node, entry, sequence, 0, length));
      MACE_ASSIGN_OR_RETURN(const ValueId rest,
                            EmitSlice(node, entry, sequence, length, shape[sequence]));
      AttributeMap attributes;
      attributes.Set("axis", std::vector<int64_t>{sequence});
      MACE_ASSIGN_OR_RETURN(first,
                            node->Emit("/reversed", "Reverse", {first}, std::move(attributes)));
      MACE_ASSIGN_OR_RETURN(entry, EmitConcat(node, {first, rest}, sequence));
    }
    entries.push_back(entry);
  }
  if (entries.empty()) entries = {node->input(0)};
  MACE_ASSIGN_OR_RETURN(const ValueId y, EmitConcat(node, entries, batch));
  node->SetResult(y);
  return Status::Ok();
}

// N lists of known indices, then N tensors whose rows go to these places; the last one wins.
Status ConvertDynamicStitch(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  const size_t parts = node->input_count() / 2;
  std::vector<ValueId> rows;
  std::vector<int32_t> from;
  int32_t count = 0;
  for (size_t part = 0; part < parts; ++part) {
    MACE_ASSIGN_OR_RETURN(const std::vector<int64_t> places, node->Numbers(part));
    const Shape at = node->shape(part), shape = node->shape(parts + part);
    if (shape.rank() < at.rank()) return InvalidArgument("data of a lower rank than its indices");
    std::vector<int64_t> dims = {at.elements()};
    dims.insert(dims.end(), shape.dims().begin() + at.rank(), shape.dims().end());
    MACE_ASSIGN_OR_RETURN(const ValueId row,
                          node->builder()->Reshape(node->input(parts + part), dims));
    rows.push_back(row);
    for (int64_t place : places) {
      constexpr int64_t kMaxPlaces = 1 << 16;
      if (place < 0 || place >= kMaxPlaces) {
        return InvalidArgument("indices: expected 0 to " + std::to_string(kMaxPlaces - 1) +
                               ", found " + std::to_string(place));
      }
      if (from.size() <= static_cast<size_t>(place))
        from.resize(static_cast<size_t>(place) + 1, -1);
      from[static_cast<size_t>(place)] = count++;
    }
  }
  if (std::find(from.begin(), from.end(), -1) != from.end()) {
    return Unsupported("indices: expected all places, found that some are left out");
  }
  MACE_ASSIGN_OR_RETURN(const ValueId all, EmitConcat(node, rows, 0));
  const Shape places{static_cast<int64_t>(from.size())};
  MACE_ASSIGN_OR_RETURN(const ValueId y,
                        EmitGather(node, all, AddInts(node, places, std::move(from)), 0));
  node->SetResult(y);
  return Status::Ok();
}

// Where each number of a permutation stands.
Status ConvertInvertPermutation(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  MACE_ASSIGN_OR_RETURN(const std::vector<int64_t> order, node->Numbers(0));
  std::vector<int32_t> places(order.size(), -1);
  for (size_t i = 0; i < order.size(); ++i) {
    const bool fits = order[i] >= 0 && order[i] < static_cast<int64_t>(order.size()) &&
                      places[static_cast<size_t>(order[i])] < 0;
    if (!fits) return InvalidArgument("expected a permutation, found " + JoinNumbers(order, ", "));
    places[static_cast<size_t>(order[i])] = static_cast<int32_t>(i);
  }
  const Shape shape{static_cast<int64_t>(places.size())};
  node->SetResult(AddInts(node, shape, std::move(places)));
  return Status::Ok();
}

}  // namespace

const TfConverterEntry kTfIndexConverters[] = {
    {"DynamicStitch", ConvertDynamicStitch},
    {"Gather", ConvertGather},
    {"GatherNd", ConvertGatherNd},
    {"GatherV2", ConvertGather},
    {"InvertPermutation", ConvertInvertPermutation},
    {"ParallelDynamicStitch", ConvertDynamicStitch},
    {"ResourceGather", ConvertGather},
    {"ReverseSequence", ConvertReverseSequence},
    {"ReverseV2", ConvertReverse},
    {"Roll", ConvertRoll},
    {"ScatterNd", ConvertScatterNd},
    {"TensorScatterAdd", ConvertTensorScatter},
    {"TensorScatterMax", ConvertTensorScatter},
    {"TensorScatterMin", ConvertTensorScatter},
    {"TensorScatterUpdate", ConvertTensorScatter},
    {"TopK", ConvertTopK},
    {"TopKV2", ConvertTopK},
    {nullptr, nullptr},
};

}  // namespace mace
