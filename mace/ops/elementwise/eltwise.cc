#include "mace/ops/elementwise/eltwise.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "mace/ops/elementwise/elementwise_lowering.h"
#include "mace/ops/integers.h"
#include "mace/ops/lowering_support.h"

namespace mace {
namespace {

// Walks over the elements of a result in row-major order; index() is that of the operand's element
// which broadcasting puts there.
class BroadcastIndex {
 public:
  BroadcastIndex(const Shape& operand, const Shape& result)
      : dims_(result.dims()), steps_(dims_.size(), 0), at_(dims_.size(), 0) {
    int64_t step = 1;
    for (int from_end = 0; from_end < operand.rank(); ++from_end) {
      if (operand.back(from_end) != 1) steps_[dims_.size() - 1 - from_end] = step;
      step *= operand.back(from_end);
    }
  }

  size_t index() const { return static_cast<size_t>(index_); }
  void Advance() {
    for (size_t axis = dims_.size(); axis-- > 0;) {
      index_ += steps_[axis];
      if (++at_[axis] < dims_[axis]) return;
      index_ -= steps_[axis] * dims_[axis];
      at_[axis] = 0;
    }
  }

 private:
  const std::vector<int64_t> dims_;
  std::vector<int64_t> steps_;  // By axis of the result, in elements of the operand.
  std::vector<int64_t> at_;
  int64_t index_ = 0;
};

class EltwiseOp : public Op {
 public:
  explicit EltwiseOp(EltwiseAttributes attributes) : attributes_(attributes) {}

  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    const TensorInfo& a = inputs[0].info;
    const bool two = inputs.size() == 2 && inputs[1].present;
    if (!two && !attributes_.IsUnary() && !attributes_.has_scalar) {
      return InvalidArgument("expected two inputs or scalar_input, found one input");
    }
    MACE_RETURN_IF_ERROR(CheckType(a.dtype));
    DType dtype = ResultType(a.dtype, a.dtype);
    Shape shape = a.shape;
    if (two) {
      const TensorInfo& b = inputs[1].info;
      if (IsFloat(a.dtype) != IsFloat(b.dtype)) {
        return InvalidArgument(std::string("expected inputs of one kind, found ") +
                               DTypeName(a.dtype) + " and " + DTypeName(b.dtype));
      }
      dtype = ResultType(a.dtype, b.dtype);
      MACE_ASSIGN_OR_RETURN(shape, BroadcastShapes(a.shape, b.shape));
      MACE_ASSIGN_OR_RETURN(shape, Shape::Make(shape.dims()));
    }
    if (!IsFloat(dtype) && attributes_.activation.kind != FusedActivation::Kind::kNone) {
      return InvalidArgument(std::string("activation: expected a float result, found ") +
                             DTypeName(dtype));
    }
    outputs->assign(1, {dtype, shape});
    return Status::Ok();
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    HostTensor& y = (*outputs)[0];
    return IsFloat(inputs[0].dtype()) ? ReferenceFloat(inputs, &y) : ReferenceInteger(inputs, &y);
  }

  std::string WriteElement(const std::vector<ElementOperand>& inputs,
                           ElementText* text) const override {
    if (attributes_.type == EltwiseType::kModulo || attributes_.type >= EltwiseType::kBitAnd) {
      return "";
    }
    const std::string scalar = inputs.size() == 2 || attributes_.IsUnary()
                                   ? "0.0f"
                                   : text->Splat(attributes_.DeviceScalar(inputs[0].dtype));
    std::vector<std::string> operands = {inputs[0].name,
                                         inputs.size() == 2 ? inputs[1].name : scalar};
    if (inputs.size() == 1 && attributes_.scalar_index == 0 && !attributes_.IsUnary()) {
      std::swap(operands[0], operands[1]);
    }
    const auto coefficient = [&](float value) {
      return attributes_.has_coeff ? text->Number(value) : std::string("1.0f");
    };
    const std::string p = coefficient(attributes_.p), q = coefficient(attributes_.q);
    return attributes_.activation.WriteElement(
        text->Call("ELTWISE_" + std::to_string(static_cast<int>(attributes_.type)),
                   {"T", operands[0], operands[1], p, q}),
        text);
  }

  std::vector<KernelVariant> Lower(const LoweringRequest& request) const override {
    return LowerElementwise(*this, "eltwise", request);
  }

 private:
  DType ResultType(DType a, DType b) const {
    if (attributes_.IsComparison()) return DType::kBool;
    if (IsFloat(a)) return DType::kFloat32;
    if (a == b && a != DType::kBool) return a;
    return a == DType::kInt64 || b == DType::kInt64 ? DType::kInt64 : DType::kInt32;
  }

  // Bits and logic have no meaning for floats; the remainder with the divisor's sign is the
  // integers' one.
  Status CheckType(DType dtype) const {
    const bool integers = attributes_.type == EltwiseType::kModulo ||
                          attributes_.type >= EltwiseType::kBitAnd || attributes_.IsLogic();
    if (!integers || !IsFloat(dtype)) return Status::Ok();
    return InvalidArgument(std::string("expected integers, found ") + DTypeName(dtype));
  }

  static bool HasTwo(const std::vector<HostTensor>& inputs) {
    return inputs.size() == 2 && inputs[1].dtype() != DType::kInvalid;
  }

  Status ReferenceFloat(const std::vector<HostTensor>& inputs, HostTensor* y) const {
    BroadcastIndex at_a(inputs[0].shape(), y->shape());
    BroadcastIndex at_b(HasTwo(inputs) ? inputs[1].shape() : Shape(), y->shape());
    const size_t count = static_cast<size_t>(y->shape().elements());
    for (size_t i = 0; i < count; ++i, at_a.Advance(), at_b.Advance()) {
      double a = inputs[0].f32()[at_a.index()];
      double b = HasTwo(inputs) ? inputs[1].f32()[at_b.index()] : attributes_.scalar;
      if (!HasTwo(inputs) && attributes_.scalar_index == 0 && !attributes_.IsUnary())
        std::swap(a, b);
      const float value = static_cast<float>(ComputeEltwise(attributes_, a, b));
      if (y->dtype() == DType::kBool) {
        y->mutable_data<uint8_t>()[i] = value != 0;
      } else {
        y->f32()[i] = attributes_.activation.Apply(value);
      }
    }
    return Status::Ok();
  }

  Status ReferenceInteger(const std::vector<HostTensor>& inputs, HostTensor* y) const {
    const std::vector<int64_t> values_a = ToInt64Vector(inputs[0]);
    const std::vector<int64_t> values_b =
        HasTwo(inputs) ? ToInt64Vector(inputs[1])
                       : std::vector<int64_t>{SaturateToInt64(attributes_.scalar)};
    BroadcastIndex at_a(inputs[0].shape(), y->shape());
    BroadcastIndex at_b(HasTwo(inputs) ? inputs[1].shape() : Shape(), y->shape());
    const bool divides =
        attributes_.type == EltwiseType::kDiv || attributes_.type == EltwiseType::kFloorDiv ||
        attributes_.type == EltwiseType::kModulo || attributes_.type == EltwiseType::kRemainder;
    std::vector<int64_t> result(static_cast<size_t>(y->shape().elements()));
    for (size_t i = 0; i < result.size(); ++i, at_a.Advance(), at_b.Advance()) {
      int64_t a = values_a[at_a.index()];
      int64_t b = values_b[at_b.index()];
      if (!HasTwo(inputs) && attributes_.scalar_index == 0 && !attributes_.IsUnary())
        std::swap(a, b);
      if (divides && b == 0) return InvalidArgument("an integer is divided by zero");
      result[i] = ComputeEltwiseInteger(attributes_, a, b);
    }
    MACE_ASSIGN_OR_RETURN(*y, MakeIntegers(y->dtype(), y->shape(), std::move(result)));
    return Status::Ok();
  }

  EltwiseAttributes attributes_;
};

StatusOr<std::unique_ptr<Op>> MakeEltwise(const Node& node) {
  EltwiseAttributes attributes;
  const int64_t type = node.attributes.GetInt("type", 0);
  if (type < 0 || type == 14 || type > static_cast<int64_t>(EltwiseType::kShiftRight)) {
    return InvalidArgument("type: expected 0 to 13 or 15 to 29, found " + std::to_string(type));
  }
  attributes.type = static_cast<EltwiseType>(type);
  MACE_ASSIGN_OR_RETURN(attributes.activation, FusedActivation::Parse(node.attributes));
  attributes.has_scalar = node.attributes.Has("scalar_input");
  attributes.scalar = static_cast<float>(node.attributes.GetFloat("scalar_input", 0));
  const int64_t index = node.attributes.GetInt("scalar_input_index", 1);
  if (index != 0 && index != 1) {
    return InvalidArgument("scalar_input_index: expected 0 or 1, found " + std::to_string(index));
  }
  attributes.scalar_index = static_cast<int>(index);
  const std::vector<double> coeff = node.attributes.GetFloats("coeff");
  const bool clip = attributes.type == EltwiseType::kClip;
  if (clip || (attributes.type == EltwiseType::kSum && !coeff.empty())) {
    if (coeff.size() != 2) {
      return InvalidArgument("coeff: expected 2 numbers, found " + std::to_string(coeff.size()));
    }
    attributes.p = static_cast<float>(coeff[0]);
    attributes.q = static_cast<float>(coeff[1]);
    attributes.has_coeff = true;
  }
  return std::unique_ptr<Op>(new EltwiseOp(attributes));
}

}  // namespace

extern const OpDefinition kEltwiseOp;
const OpDefinition kEltwiseOp = {"Eltwise", 1, 2, &MakeEltwise};

}  // namespace mace
