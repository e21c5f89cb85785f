// TensorFlow's ops whose results are numbers that the shapes of their inputs, or known inputs,
// give.
#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "mace/formats/common/filled.h"
#include "mace/formats/tensorflow/emit.h"
#include "mace/formats/tensorflow/tensor.h"

namespace mace {
namespace {

Status SetInts(TfNode* node, const Shape& shape, const std::vector<int64_t>& values) {
  std::vector<int32_t> narrow;
  for (int64_t value : values) {
    if (value > INT32_MAX || value < INT32_MIN) {
      return Unsupported("expected whole numbers of 32 bits, found " + std::to_string(value));
    }
    narrow.push_back(static_cast<int32_t>(value));
  }
  node->SetResult(AddInts(node, shape, std::move(narrow)));
  return Status::Ok();
}

Status ConvertRank(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  return SetInts(node, Shape(), {node->shape(0).rank()});
}

Status ConvertSize(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  return SetInts(node, Shape(), {node->shape(0).elements()});
}

Status ConvertShapeN(TfNode* node) {
  std::vector<ValueId> shapes;
  for (size_t i = 0; i < node->input_count(); ++i) {
    const Shape shape = node->shape(i);
    MACE_RETURN_IF_ERROR(SetInts(node, Shape{static_cast<int64_t>(shape.rank())}, shape.dims()));
    shapes.push_back(node->outputs()[0]);
  }
  node->SetResults(std::move(shapes));
  return Status::Ok();
}

// Zeros or ones of the input's shape and type.
Status SetFilled(TfNode* node, int64_t number) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  const HostTensor one = HostTensor::FromVector<int64_t>(DType::kInt64, Shape(), {number});
  MACE_ASSIGN_OR_RETURN(HostTensor element, one.ConvertTo(ComputedType(*node, node->input(0))));
  MACE_ASSIGN_OR_RETURN(const ValueId filled, AddFilled(node->name(), std::move(element),
                                                        node->shape(0), node->builder()));
  node->SetResult(filled);
  return Status::Ok();
}

Status ConvertZerosLike(TfNode* node) { return SetFilled(node, 0); }
Status ConvertOnesLike(TfNode* node) { return SetFilled(node, 1); }

// Start, limit and step, of one type.
struct Progression {
  double start = 0;
  double limit = 0;
  double step = 1;
};

StatusOr<size_t> CountElements(const TfNode& node, double count) {
  constexpr double kMaxElements = double{1 << 30};
  if (!(count >= 0 && count <= kMaxElements)) {
    return InvalidArgument("expected 0 to 2^30 elements, found " + std::to_string(count));
  }
  const size_t size = static_cast<size_t>(count);
  MACE_RETURN_IF_ERROR(node.builder()->Reserve("a range", size * sizeof(float)));
  return size;
}

Status SetIntegerRange(TfNode* node, const Progression& range) {
  MACE_ASSIGN_OR_RETURN(const size_t count,
                        CountElements(*node, std::ceil((range.limit - range.start) / range.step)));
  std::vector<int64_t> values;
  for (size_t i = 0; i < count; ++i) {
    values.push_back(static_cast<int64_t>(range.start + range.step * static_cast<double>(i)));
  }
  return SetInts(node, Shape{static_cast<int64_t>(count)}, values);
}

// TensorFlow adds the step again and again, in float32.
Status SetFloatRange(TfNode* node, const Progression& range) {
  const float start = static_cast<float>(range.start), step = static_cast<float>(range.step);
  const float quotient = (static_cast<float>(range.limit) - start) / step;
  MACE_ASSIGN_OR_RETURN(const size_t count, CountElements(*node, double{std::ceil(quotient)}));
  std::vector<float> values;
  float value = start;
  for (size_t i = 0; i < count; ++i, value += step) values.push_back(value);
  const Shape shape{static_cast<int64_t>(count)};
  node->SetResult(AddFloats(node, shape, std::move(values)));
  return Status::Ok();
}

// Start, limit, step, all known.
Status ConvertRange(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(3));
  Progression range;
  MACE_ASSIGN_OR_RETURN(range.start, node->Real(0));
  MACE_ASSIGN_OR_RETURN(range.limit, node->Real(1));
  MACE_ASSIGN_OR_RETURN(range.step, node->Real(2));
  const bool leads_there = range.step > 0 ? range.start <= range.limit : range.start >= range.limit;
  if (range.step == 0 || !leads_there) {
    return InvalidArgument("delta: expected a step from " + std::to_string(range.start) + " to " +
                           std::to_string(range.limit) + ", found " + std::to_string(range.step));
  }
  if (!IsFloat(node->dtype(0))) return SetIntegerRange(node, range);
  // Doubles are rounded to float32 when they are read, which may change the number of elements.
  if (node->Type("Tidx", tf::DT_FLOAT) != tf::DT_FLOAT) {
    return Unsupported("Tidx: expected integers or float32, found floats of another type");
  }
  return SetFloatRange(node, range);
}

// Start, stop, number: evenly spaced numbers, the last of them is the stop.
Status ConvertLinSpace(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(3));
  MACE_ASSIGN_OR_RETURN(const double start, node->Real(0));
  MACE_ASSIGN_OR_RETURN(const double stop, node->Real(1));
  MACE_ASSIGN_OR_RETURN(const int64_t number, node->Number(2));
  if (number < 1)
    return InvalidArgument("num: expected 1 or more, found " + std::to_string(number));
  MACE_ASSIGN_OR_RETURN(const size_t count, CountElements(*node, static_cast<double>(number)));
  std::vector<float> values(count, static_cast<float>(start));
  const float from = static_cast<float>(start), to = static_cast<float>(stop);
  const float step = count > 1 ? (to - from) / static_cast<float>(count - 1) : 0;
  for (size_t i = 1; i < count; ++i) values[i] = from + step * static_cast<float>(i);
  if (count > 1) values.back() = to;
  node->SetResult(AddFloats(node, Shape{number}, std::move(values)));
  return Status::Ok();
}

// The shape that shapes broadcast to, which are known lists of extents.
Status ConvertBroadcastArgs(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  MACE_ASSIGN_OR_RETURN(std::vector<int64_t> a, node->Numbers(0));
  MACE_ASSIGN_OR_RETURN(std::vector<int64_t> b, node->Numbers(1));
  MACE_ASSIGN_OR_RETURN(const Shape a_shape, Shape::Make(std::move(a)));
  MACE_ASSIGN_OR_RETURN(const Shape b_shape, Shape::Make(std::move(b)));
  MACE_ASSIGN_OR_RETURN(const Shape both, BroadcastShapes(a_shape, b_shape));
  return SetInts(node, Shape{static_cast<int64_t>(both.rank())}, both.dims());
}

// x, shape.
Status ConvertBroadcastTo(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  MACE_ASSIGN_OR_RETURN(std::vector<int64_t> dims, node->Numbers(1));
  MACE_ASSIGN_OR_RETURN(const Shape wanted, Shape::Make(std::move(dims)));
  const Shape shape = node->shape(0);
  const int added = wanted.rank() - shape.rank();
  bool fits = added >= 0;
  std::vector<int64_t> extents(wanted.dims().size(), 1), multiples(wanted.dims().size(), 1);
  for (int axis = 0; fits && axis < wanted.rank(); ++axis) {
    const int64_t extent = axis < added ? 1 : shape[axis - added];
    fits = extent == wanted[axis] || extent == 1;
    extents[static_cast<size_t>(axis)] = extent;
    if (extent != wanted[axis]) multiples[static_cast<size_t>(axis)] = wanted[axis];
  }
  if (!fits) {
    return InvalidArgument("shape: expected one that " + shape.ToString() +
                           " broadcasts to, found " + wanted.ToString());
  }
  ValueId x = node->input(0);
  if (added > 0) {
    MACE_ASSIGN_OR_RETURN(x, node->builder()->Reshape(x, extents));
  }
  AttributeMap attributes;
  attributes.Set("multiples", std::move(multiples));
  return node->EmitResult("Tile", {x}, std::move(attributes));
}

// concat_dim, then shapes: where each of the parts begins.
Status ConvertConcatOffset(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  MACE_ASSIGN_OR_RETURN(const int64_t wanted, node->Number(0));
  std::vector<ValueId> offsets;
  int64_t at = 0;
  for (size_t i = 1; i < node->input_count(); ++i) {
    MACE_ASSIGN_OR_RETURN(const std::vector<int64_t> dims, node->Numbers(i));
    MACE_ASSIGN_OR_RETURN(const int axis, NormalizeAxis(wanted, static_cast<int>(dims.size())));
    std::vector<int64_t> offset(dims.size(), 0);
    offset[static_cast<size_t>(axis)] = at;
    at += dims[static_cast<size_t>(axis)];
    MACE_RETURN_IF_ERROR(SetInts(node, Shape{static_cast<int64_t>(offset.size())}, offset));
    offsets.push_back(node->outputs()[0]);
  }
  node->SetResults(std::move(offsets));
  return Status::Ok();
}

}  // namespace

const TfConverterEntry kTfFillConverters[] = {
    {"BroadcastArgs", ConvertBroadcastArgs},
    {"BroadcastTo", ConvertBroadcastTo},
    {"ConcatOffset", ConvertConcatOffset},
    {"LinSpace", ConvertLinSpace},
    {"OnesLike", ConvertOnesLike},
    {"Range", ConvertRange},
    {"Rank", ConvertRank},
    {"ShapeN", ConvertShapeN},
    {"Size", ConvertSize},
    {"ZerosLike", ConvertZerosLike},
    {nullptr, nullptr},
};

}  // namespace mace
