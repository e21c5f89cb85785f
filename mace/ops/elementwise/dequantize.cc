#include "mace/ops/elementwise/dequantize.h"

#include <memory>
#include <utility>
#include <vector>

#include "mace/base/divide.h"
#include "mace/graph/constant_identity.h"
#include "mace/graph/derived_constants.h"
#include "mace/graph/integer_type.h"
#include "mace/ops/op.h"

namespace mace {
namespace {

constexpr int64_t kLeastPackedBytes = int64_t{1} << 20;  // As float32.

bool IsQuantizedByte(DType dtype) {
  return dtype == DType::kInt8 || dtype == DType::kUInt8 || IsBelowByte(dtype);
}

// The shape of scale and zero point for x, where they are more than one number.
std::vector<int64_t> PlacesOf(const Shape& x, int axis, int64_t block_size) {
  if (block_size == 0) return {x[axis]};
  std::vector<int64_t> dims = x.dims();
  int64_t& extent = dims[static_cast<size_t>(axis)];
  extent = CeilDivide(extent, block_size);
  return dims;
}

class Dequantize : public Op {
 public:
  static StatusOr<std::unique_ptr<Op>> Make(const Node& node) {
    auto op = std::make_unique<Dequantize>();
    op->axis_ = node.attributes.GetInt("axis", 0);
    op->block_size_ = node.attributes.GetInt("block_size", 0);
    if (op->block_size_ < 0) {
      return InvalidArgument("block_size: expected 0 or more, found " +
                             std::to_string(op->block_size_));
    }
    return std::unique_ptr<Op>(std::move(op));
  }

  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    const TensorInfo& x = inputs[0].info;
    if (!inputs[0].present || !IsQuantizedByte(x.dtype)) {
      return InvalidArgument("expected integers of 8, 4 or 2 bits, found " + x.ToString());
    }
    if (!inputs[1].present || !IsFloat(inputs[1].info.dtype)) {
      return InvalidArgument("scale: expected floats, found " + inputs[1].info.ToString());
    }
    for (size_t i = 1; i < inputs.size(); ++i) {
      if (inputs[i].present) MACE_RETURN_IF_ERROR(CheckPlaces(x.shape, inputs[i].info.shape));
    }
    *outputs = {{DType::kFloat32, x.shape}};
    return Status::Ok();
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    const bool has_zero_point = inputs.size() > 2 && inputs[2].dtype() != DType::kInvalid;
    DequantizeOptions options;
    options.scale = &inputs[1];
    if (has_zero_point) options.zero_point = &inputs[2];
    options.block_size = block_size_;
    if (inputs[0].shape().rank() > 0) {
      const StatusOr<int> axis = NormalizeAxis(axis_, inputs[0].shape().rank());
      if (axis.ok()) options.axis = *axis;
    }
    return DequantizeInto(inputs[0], options, (*outputs)[0].f32());
  }

 private:
  Status CheckPlaces(const Shape& x, const Shape& found) const {
    if (block_size_ == 0 && found.elements() == 1) return Status::Ok();
    MACE_ASSIGN_OR_RETURN(const int axis, NormalizeAxis(axis_, x.rank()));
    const std::vector<int64_t> expected = PlacesOf(x, axis, block_size_);
    if (found.dims() == expected) return Status::Ok();
    return InvalidArgument("scale and zero point: expected one number or " +
                           Shape(expected).ToString() + " of them for " + x.ToString() +
                           ", found " + found.ToString());
  }

  int64_t axis_ = 0;
  int64_t block_size_ = 0;
};

}  // namespace

bool MayStayPacked(const TensorInfo& integers) {
  return integers.shape.rank() == 2 && IsQuantizedByte(integers.dtype) &&
         integers.shape.elements() >= kLeastPackedBytes / int64_t{sizeof(float)};
}

Node MakeDequantize(ValueId x, ValueId scale, ValueId zero_point, int axis, int64_t block_size) {
  Node node;
  node.type = "Dequantize";
  node.inputs = {x, scale};
  if (zero_point != kNoValue) node.inputs.push_back(zero_point);
  node.attributes.Set("axis", int64_t{axis});
  node.attributes.Set("block_size", block_size);
  return node;
}

DequantizeNode ReadDequantize(const Graph& graph, const Node& node) {
  DequantizeNode read;
  read.integers = &*graph.value(node.inputs[0]).constant;
  read.options.scale = &*graph.value(node.inputs[1]).constant;
  if (node.inputs.size() > 2 && node.inputs[2] != kNoValue) {
    read.options.zero_point = &*graph.value(node.inputs[2]).constant;
  }
  const int64_t axis = node.attributes.GetInt("axis", 0);
  read.options.axis = static_cast<int>(axis < 0 ? axis + read.integers->shape().rank() : axis);
  read.options.block_size = node.attributes.GetInt("block_size", 0);
  return read;
}

StatusOr<HostTensor> EvaluateDequantize(const Graph& graph, const Node& node) {
  const DequantizeNode read = ReadDequantize(graph, node);
  IdentityHasher hasher("dequantized");
  hasher.AddOperation(node);
  std::vector<HostTensor> sources = {*read.integers, *read.options.scale};
  if (read.options.zero_point != nullptr) sources.push_back(*read.options.zero_point);
  for (const HostTensor& source : sources) hasher.Add(source);
  return DeriveConstant(graph.derived, hasher.Finish(), sources,
                        [&] { return DequantizeTensor(*read.integers, read.options); });
}

extern const OpDefinition kDequantizeOp;
const OpDefinition kDequantizeOp = {"Dequantize", 2, 3, Dequantize::Make};

}  // namespace mace
