// ONNX's pools, over one, two or three axes, and over all.
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "mace/base/strings.h"
#include "mace/formats/onnx/node.h"
#include "mace/formats/onnx/window.h"
#include "mace/graph/integer_type.h"

namespace mace {
namespace {

constexpr int64_t kAverage = 1;
constexpr int64_t kMaximum = 2;
constexpr int64_t kReduceMean = 0;
constexpr int64_t kReduceMax = 2;
constexpr int64_t kReduceSum = 4;

struct Pool {
  int64_t type = kMaximum;
  bool ceil = false;
  bool count_padding = false;
  OnnxWindow window;

  // The attributes for two of the window's axes, `height` and `width`; -1 means none.
  AttributeMap Attributes(int height, int width) const {
    AttributeMap attributes;
    window.SetPair(height, width, &attributes);
    attributes.Set("kernels", std::vector<int64_t>{height < 0 ? 1 : Kernel(height),
                                                   width < 0 ? 1 : Kernel(width)});
    attributes.Set("pooling_type", type);
    attributes.Set("round_mode", int64_t{ceil});
    attributes.Set("count_include_pad", int64_t{count_padding});
    return attributes;
  }
  int64_t Kernel(int axis) const { return window.kernel[static_cast<size_t>(axis)]; }
};

StatusOr<Pool> ReadPool(const OnnxNode& node, int64_t type) {
  const Shape& x = node.shape(0);
  if (x.rank() < 3 || x.rank() > 5) {
    return Unsupported("expected a tensor of rank 3 to 5, found " + x.ToString());
  }
  Pool pool;
  pool.type = type;
  pool.ceil = node.Int("ceil_mode", 0) != 0;
  pool.count_padding = node.Int("count_include_pad", 0) != 0;
  MACE_ASSIGN_OR_RETURN(pool.window, ReadOnnxWindow(node, {}, static_cast<size_t>(x.rank()) - 2));
  // Whatever rounding says: these give their output extents themselves.
  if (pool.window.auto_pad != "NOTSET") pool.ceil = false;
  pool.window.Resolve({x.dims().begin() + 2, x.dims().end()});
  return pool;
}

// The pool of a window is the pool of the pools of its planes, means included: how many elements
// count is a product over the axes.
StatusOr<ValueId> EmitDeepPool(OnnxNode* node, const Pool& pool, ValueId x) {
  GraphBuilder* builder = node->builder();
  const Shape shape = builder->ShapeOf(x);
  MACE_ASSIGN_OR_RETURN(ValueId id, builder->Transpose(x, ChannelsLast(5)));
  MACE_ASSIGN_OR_RETURN(id,
                        builder->Reshape(id, {shape[0] * shape[2], shape[3], shape[4], shape[1]}));
  MACE_ASSIGN_OR_RETURN(id, node->Emit("/planes", "Pooling", {id}, pool.Attributes(1, 2)));
  const Shape plane = builder->ShapeOf(id);
  MACE_ASSIGN_OR_RETURN(id,
                        builder->Reshape(id, {shape[0], shape[2], plane[1] * plane[2], shape[1]}));
  MACE_ASSIGN_OR_RETURN(id, node->Emit("/depth", "Pooling", {id}, pool.Attributes(0, -1)));
  MACE_ASSIGN_OR_RETURN(
      id, builder->Reshape(id, {shape[0], builder->ShapeOf(id)[1], plane[1], plane[2], shape[1]}));
  return builder->Transpose(id, ChannelsFirst(5));
}

StatusOr<ValueId> EmitPool(OnnxNode* node, const Pool& pool, ValueId x) {
  const int rank = node->builder()->ShapeOf(x).rank();
  if (rank == 5) return EmitDeepPool(node, pool, x);
  MACE_ASSIGN_OR_RETURN(ValueId id, OnnxToImage(node, x));
  MACE_ASSIGN_OR_RETURN(
      id, node->Emit("", "Pooling", {id}, pool.Attributes(rank == 3 ? -1 : 0, rank == 3 ? 0 : 1)));
  return OnnxFromImage(node, id, rank);
}

StatusOr<ValueId> EmitCast(OnnxNode* node, const char* suffix, ValueId id, DType dtype) {
  AttributeMap attributes;
  attributes.Set("dtype", std::string(DTypeName(dtype)));
  return node->Emit(suffix, "Cast", {id}, std::move(attributes));
}

Status ConvertPool(OnnxNode* node, int64_t type) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 1));
  MACE_ASSIGN_OR_RETURN(const Pool pool, ReadPool(*node, type));
  const DType dtype = node->dtype(0);
  ValueId id = node->input(0);
  // The largest of small integers is the same in float.
  const int bits = IntegerTypeOf(dtype).bits;
  const bool small = bits > 0 && bits <= 16;
  if (small && type == kMaximum) {
    MACE_ASSIGN_OR_RETURN(id, EmitCast(node, "/float", id, DType::kFloat32));
  }
  MACE_ASSIGN_OR_RETURN(id, EmitPool(node, pool, id));
  if (small && type == kMaximum) {
    MACE_ASSIGN_OR_RETURN(id, EmitCast(node, "/integer", id, dtype));
  }
  node->SetResult(id);
  return Status::Ok();
}

Status ConvertAveragePool(OnnxNode* node) { return ConvertPool(node, kAverage); }

// Where the largest elements lie, in the whole of x.
Status EmitIndices(OnnxNode* node) {
  MACE_ASSIGN_OR_RETURN(const Pool pool, ReadPool(*node, kMaximum));
  const OnnxWindow& window = pool.window;
  const Shape y = node->builder()->ShapeOf(node->outputs()[0]);
  ValueId x = node->input(0);
  if (!IsFloat(node->dtype(0))) {
    MACE_ASSIGN_OR_RETURN(x, EmitCast(node, "/float", x, DType::kFloat32));
  }
  AttributeMap attributes;
  attributes.Set("kernel", window.kernel);
  attributes.Set("strides", window.strides);
  attributes.Set("dilations", window.dilations);
  attributes.Set("before", window.before);
  attributes.Set("extents", std::vector<int64_t>(y.dims().begin() + 2, y.dims().end()));
  attributes.Set("column_major", node->Int("storage_order", 0));
  MACE_ASSIGN_OR_RETURN(const ValueId indices,
                        node->Emit("/indices", "MaxPoolIndices", {x}, std::move(attributes)));
  node->SetResult(indices, 1);
  return Status::Ok();
}

Status ConvertMaxPool(OnnxNode* node) {
  node->Ignore({"storage_order"});  // For the second output.
  MACE_RETURN_IF_ERROR(ConvertPool(node, kMaximum));
  return node->WantsOutput(1) ? EmitIndices(node) : Status::Ok();
}

StatusOr<ValueId> EmitPower(OnnxNode* node, const char* suffix, ValueId id, double exponent) {
  AttributeMap attributes;
  attributes.Set("type", int64_t{9});
  attributes.Set("scalar_input", exponent);
  return node->Emit(suffix, "Eltwise", {id}, std::move(attributes));
}

StatusOr<ValueId> EmitScale(OnnxNode* node, const char* suffix, ValueId id, double factor) {
  AttributeMap attributes;
  attributes.Set("type", int64_t{2});
  attributes.Set("scalar_input", factor);
  return node->Emit(suffix, "Eltwise", {id}, std::move(attributes));
}

StatusOr<ValueId> EmitAbs(OnnxNode* node, ValueId id) {
  AttributeMap attributes;
  attributes.Set("type", int64_t{7});
  return node->Emit("/abs", "Eltwise", {id}, std::move(attributes));
}

// The norm over a window: a mean that counts the padding, times the elements of the window.
Status ConvertLpPool(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 1));
  MACE_ASSIGN_OR_RETURN(Pool pool, ReadPool(*node, kAverage));
  // The last windows would not have all their elements.
  if (pool.ceil) return Unsupported("ceil_mode: expected 0, found 1");
  pool.count_padding = true;
  const double p = static_cast<double>(node->Int("p", 2));
  double elements = 1;
  for (int64_t extent : pool.window.kernel) elements *= static_cast<double>(extent);
  MACE_ASSIGN_OR_RETURN(ValueId id, EmitAbs(node, node->input(0)));
  MACE_ASSIGN_OR_RETURN(id, EmitPower(node, "/power", id, p));
  MACE_ASSIGN_OR_RETURN(id, EmitPool(node, pool, id));
  MACE_ASSIGN_OR_RETURN(id, EmitScale(node, "/sum", id, elements));
  MACE_ASSIGN_OR_RETURN(id, EmitPower(node, "/root", id, 1 / p));
  node->SetResult(id);
  return Status::Ok();
}

StatusOr<AttributeMap> GlobalAttributes(const OnnxNode& node, int64_t reduce_type) {
  const int rank = node.shape(0).rank();
  if (rank < 3) {
    return InvalidArgument("expected a tensor of rank 3 or more, found " +
                           node.shape(0).ToString());
  }
  std::vector<int64_t> axes;
  for (int axis = 2; axis < rank; ++axis) axes.push_back(axis);
  AttributeMap attributes;
  attributes.Set("reduce_type", reduce_type);
  attributes.Set("axis", std::move(axes));
  attributes.Set("keepdims", int64_t{1});
  return attributes;
}

Status ConvertGlobal(OnnxNode* node, int64_t reduce_type) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 1));
  MACE_ASSIGN_OR_RETURN(AttributeMap attributes, GlobalAttributes(*node, reduce_type));
  return node->EmitResult("Reduce", {node->input(0)}, std::move(attributes));
}

Status ConvertGlobalAverage(OnnxNode* node) { return ConvertGlobal(node, kReduceMean); }
Status ConvertGlobalMax(OnnxNode* node) { return ConvertGlobal(node, kReduceMax); }

Status ConvertGlobalLp(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 1));
  MACE_ASSIGN_OR_RETURN(AttributeMap attributes, GlobalAttributes(*node, kReduceSum));
  const double p = static_cast<double>(node->Int("p", 2));
  MACE_ASSIGN_OR_RETURN(ValueId id, EmitAbs(node, node->input(0)));
  MACE_ASSIGN_OR_RETURN(id, EmitPower(node, "/power", id, p));
  MACE_ASSIGN_OR_RETURN(id, node->Emit("/sum", "Reduce", {id}, std::move(attributes)));
  MACE_ASSIGN_OR_RETURN(id, EmitPower(node, "/root", id, 1 / p));
  node->SetResult(id);
  return Status::Ok();
}

}  // namespace

const OnnxConverterEntry kOnnxPoolConverters[] = {
    {"AveragePool", ConvertAveragePool},
    {"GlobalAveragePool", ConvertGlobalAverage},
    {"GlobalLpPool", ConvertGlobalLp},
    {"GlobalMaxPool", ConvertGlobalMax},
    {"LpPool", ConvertLpPool},
    {"MaxPool", ConvertMaxPool},
    {nullptr, nullptr},
};

}  // namespace mace
