#include "mace/ops/eltwise.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "mace/ops/integers.h"
#include "mace/ops/lowering_support.h"

namespace mace {
namespace {

double Compute(const EltwiseAttributes& attributes, double a, double b) {
  switch (attributes.type) {
    case EltwiseType::kSum:
      return attributes.p * a + attributes.q * b;
    case EltwiseType::kSub:
      return a - b;
    case EltwiseType::kProd:
      return a * b;
    case EltwiseType::kDiv:
      return a / b;
    case EltwiseType::kMin:
      return a < b || std::isnan(a) ? a : b;
    case EltwiseType::kMax:
      return a > b || std::isnan(a) ? a : b;
    case EltwiseType::kNeg:
      return -a;
    case EltwiseType::kAbs:
      return std::fabs(a);
    case EltwiseType::kSqrDiff:
      return (a - b) * (a - b);
    case EltwiseType::kPow:
      return std::pow(a, b);
    case EltwiseType::kEqual:
      return a == b ? 1 : 0;
    case EltwiseType::kFloorDiv:
      // The quotient as float, as the kernels see it: in double it could be just below an integer.
      return std::floor(static_cast<float>(a) / static_cast<float>(b));
    case EltwiseType::kClip:
      return a < attributes.p ? attributes.p : (a > attributes.q ? attributes.q : a);
    case EltwiseType::kSign:
      return a > 0 ? 1.0 : (a < 0 ? -1.0 : a);
    case EltwiseType::kNotEqual:
      return a != b ? 1 : 0;
  }
  return 0;
}

int64_t Wrap(uint64_t bits) { return static_cast<int64_t>(bits); }

// The nearest integer towards zero that the type holds; 0 for a NaN.
int64_t Saturate(double value) {
  if (std::isnan(value)) return 0;
  if (value >= 9223372036854775807.0) return std::numeric_limits<int64_t>::max();
  if (value <= -9223372036854775808.0) return std::numeric_limits<int64_t>::min();
  return static_cast<int64_t>(value);
}

// REQUIRES: b != 0 for the two divisions.
int64_t ComputeInteger(const EltwiseAttributes& attributes, int64_t a, int64_t b) {
  const uint64_t ua = static_cast<uint64_t>(a), ub = static_cast<uint64_t>(b);
  switch (attributes.type) {
    case EltwiseType::kSum:
      return attributes.has_coeff
                 ? Saturate(Compute(attributes, static_cast<double>(a), static_cast<double>(b)))
                 : Wrap(ua + ub);
    case EltwiseType::kSub:
      return Wrap(ua - ub);
    case EltwiseType::kProd:
      return Wrap(ua * ub);
    case EltwiseType::kDiv:
      return b == -1 ? Wrap(0 - ua) : a / b;
    case EltwiseType::kMin:
      return std::min(a, b);
    case EltwiseType::kMax:
      return std::max(a, b);
    case EltwiseType::kNeg:
      return Wrap(0 - ua);
    case EltwiseType::kAbs:
      return a < 0 ? Wrap(0 - ua) : a;
    case EltwiseType::kSqrDiff:
      return Wrap((ua - ub) * (ua - ub));
    case EltwiseType::kEqual:
      return a == b ? 1 : 0;
    case EltwiseType::kFloorDiv:
      if (b == -1) return Wrap(0 - ua);
      return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0);
    case EltwiseType::kSign:
      return a > 0 ? 1 : (a < 0 ? -1 : 0);
    case EltwiseType::kNotEqual:
      return a != b ? 1 : 0;
    case EltwiseType::kPow:
    case EltwiseType::kClip:
      break;
  }
  return Saturate(Compute(attributes, static_cast<double>(a), static_cast<double>(b)));
}

// For each element of `out`, the index of the element of `in` that broadcasting puts there.
std::vector<int64_t> BroadcastIndices(const Shape& in, const Shape& out) {
  std::vector<int64_t> indices(static_cast<size_t>(out.elements()));
  std::vector<int64_t> steps(static_cast<size_t>(out.rank()), 0);
  int64_t step = 1;
  for (int from_end = 0; from_end < in.rank(); ++from_end) {
    if (in.back(from_end) != 1) steps[static_cast<size_t>(out.rank() - 1 - from_end)] = step;
    step *= in.back(from_end);
  }
  for (size_t i = 0; i < indices.size(); ++i) {
    int64_t rest = static_cast<int64_t>(i);
    for (int axis = out.rank() - 1; axis >= 0; --axis) {
      indices[i] += rest % out.dim(axis) * steps[static_cast<size_t>(axis)];
      rest /= out.dim(axis);
    }
  }
  return indices;
}

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

  std::vector<Lowering> Lower(const LoweringRequest& request) const override {
    return LowerEltwise(attributes_, request);
  }

 private:
  DType ResultType(DType a, DType b) const {
    if (attributes_.IsComparison()) return DType::kBool;
    if (IsFloat(a)) return DType::kFloat32;
    return a == DType::kInt64 || b == DType::kInt64 ? DType::kInt64 : DType::kInt32;
  }

  static bool HasTwo(const std::vector<HostTensor>& inputs) {
    return inputs.size() == 2 && inputs[1].dtype() != DType::kInvalid;
  }

  Status ReferenceFloat(const std::vector<HostTensor>& inputs, HostTensor* y) const {
    const std::vector<int64_t> at_a = BroadcastIndices(inputs[0].shape(), y->shape());
    const std::vector<int64_t> at_b =
        HasTwo(inputs) ? BroadcastIndices(inputs[1].shape(), y->shape()) : std::vector<int64_t>();
    for (size_t i = 0; i < at_a.size(); ++i) {
      double a = inputs[0].f32()[at_a[i]];
      double b = HasTwo(inputs) ? inputs[1].f32()[at_b[i]] : attributes_.scalar;
      if (!HasTwo(inputs) && attributes_.scalar_index == 0 && !attributes_.IsUnary())
        std::swap(a, b);
      const float value = static_cast<float>(Compute(attributes_, a, b));
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
    const std::vector<int64_t> values_b = HasTwo(inputs)
                                              ? ToInt64Vector(inputs[1])
                                              : std::vector<int64_t>{Saturate(attributes_.scalar)};
    const std::vector<int64_t> at_a = BroadcastIndices(inputs[0].shape(), y->shape());
    const std::vector<int64_t> at_b =
        BroadcastIndices(HasTwo(inputs) ? inputs[1].shape() : Shape(), y->shape());
    const bool divides =
        attributes_.type == EltwiseType::kDiv || attributes_.type == EltwiseType::kFloorDiv;
    std::vector<int64_t> result(at_a.size());
    for (size_t i = 0; i < result.size(); ++i) {
      int64_t a = values_a[static_cast<size_t>(at_a[i])];
      int64_t b = values_b[static_cast<size_t>(at_b[i])];
      if (!HasTwo(inputs) && attributes_.scalar_index == 0 && !attributes_.IsUnary())
        std::swap(a, b);
      if (divides && b == 0) return InvalidArgument("an integer is divided by zero");
      result[i] = ComputeInteger(attributes_, a, b);
    }
    *y = MakeIntegers(y->dtype(), y->shape(), std::move(result));
    return Status::Ok();
  }

  EltwiseAttributes attributes_;
};

StatusOr<std::unique_ptr<Op>> MakeEltwise(const Node& node) {
  EltwiseAttributes attributes;
  const int64_t type = node.attributes.GetInt("type", 0);
  if (type < 0 || type == 14 || type > 15) {
    return InvalidArgument("type: expected 0 to 13 or 15, found " + std::to_string(type));
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
