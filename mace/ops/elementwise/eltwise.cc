#include "mace/ops/elementwise/eltwise.h"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "mace/ops/elementwise/broadcast_rows.h"
#include "mace/ops/elementwise/elementwise_lowering.h"
#include "mace/ops/elementwise/eltwise_integers.h"
#include "mace/ops/elementwise/integer_elements.h"
#include "mace/ops/integers.h"
#include "mace/ops/lowering_support.h"

namespace mace {
namespace {

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
    MACE_RETURN_IF_ERROR(CheckUnsigned(a.dtype));
    DType dtype = ResultType(a.dtype, a.dtype);
    Shape shape = a.shape;
    if (two) {
      const TensorInfo& b = inputs[1].info;
      const bool is_mixed =
          a.dtype != b.dtype && (a.dtype == DType::kUInt64 || b.dtype == DType::kUInt64);
      if (IsFloat(a.dtype) != IsFloat(b.dtype) || is_mixed) {
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
    // A power by any number takes 60 ns an element on PoCL; products are as exact to the last bit.
    const bool is_product = attributes_.type == EltwiseType::kPow && inputs.size() == 1 &&
                            attributes_.scalar_index == 1 &&
                            (attributes_.scalar == 2.0f || attributes_.scalar == 3.0f);
    const EltwiseType type = is_product ? EltwiseType::kProd : attributes_.type;
    if (is_product) {
      const std::string& x = operands[0];
      operands[1] = attributes_.scalar == 2.0f ? x : "(" + x + ") * (" + x + ")";
    }
    const auto coefficient = [&](float value) {
      return attributes_.has_coeff ? text->Number(value) : std::string("1.0f");
    };
    const std::string p = coefficient(attributes_.p), q = coefficient(attributes_.q);
    return attributes_.activation.WriteElement(
        text->Call("ELTWISE_" + std::to_string(static_cast<int>(type)),
                   {"T", operands[0], operands[1], p, q}),
        text);
  }

  std::vector<KernelVariant> Lower(const LoweringRequest& request) const override {
    if (!ComputesIntegers(request)) return LowerElementwise(*this, "eltwise", request);
    return LowerIntegerElements("eltwise_integers", request, StepOfIntegers(request));
  }

 private:
  IntegerStep StepOfIntegers(const LoweringRequest& request) const {
    const bool two = request.inputs.size() == 2;
    IntegerStep step;
    if (!two && !attributes_.IsUnary()) step.scalar = ScalarAs<int64_t>();
    // An int64 that is shifted to the left may leave the long of the kernel.
    const bool leaves_long =
        attributes_.type == EltwiseType::kShiftLeft && request.outputs[0].dtype == DType::kInt64;
    if (attributes_.has_coeff || leaves_long) return step;
    const bool is_scalar_first = step.scalar.has_value() && attributes_.scalar_index == 0;
    const std::string a = is_scalar_first ? "v1" : "v0", b = is_scalar_first ? "v0" : "v1";
    step.result = IntegerResult(attributes_.type, a, b);
    step.may_leave_int32 = true;
    if (attributes_.Divides() && !DividesByKnown(request)) step.divisor = b;
    return step;
  }

  // Whether the divisor is known and has no 0.
  bool DividesByKnown(const LoweringRequest& request) const {
    if (request.inputs.size() < 2) {
      return attributes_.scalar_index == 1 && ScalarAs<int64_t>() != 0;
    }
    if (request.inputs[1].constant == nullptr) return false;
    const std::vector<int64_t> values = ToInt64Vector(*request.inputs[1].constant);
    return std::find(values.begin(), values.end(), 0) == values.end();
  }

  DType ResultType(DType a, DType b) const {
    if (attributes_.IsComparison()) return DType::kBool;
    if (IsFloat(a)) return DType::kFloat32;
    if (a == b && a != DType::kBool) return a;
    const auto is_wide = [](DType type) { return type == DType::kInt64 || type == DType::kUInt32; };
    return is_wide(a) || is_wide(b) ? DType::kInt64 : DType::kInt32;
  }

  // Numbers of attributes are floats, which neither hold uint64 nor compare with it where they are
  // negative.
  Status CheckUnsigned(DType dtype) const {
    if (dtype != DType::kUInt64) return Status::Ok();
    const bool wraps = attributes_.type == EltwiseType::kSub ||
                       attributes_.type == EltwiseType::kProd ||
                       (attributes_.type == EltwiseType::kSum && !attributes_.has_coeff);
    const bool fits = !attributes_.has_scalar || attributes_.scalar >= 0 || wraps;
    if (fits && !attributes_.has_coeff) return Status::Ok();
    return InvalidArgument("uint64: expected no coeff and no scalar_input below 0, found one");
  }

  // Bits and logic have no meaning for floats; the remainder with the divisor's sign is the
  // integers' one.
  Status CheckType(DType dtype) const {
    const bool integers = attributes_.type == EltwiseType::kModulo ||
                          attributes_.type >= EltwiseType::kBitAnd || attributes_.IsLogic();
    if (!integers || !IsFloat(dtype)) return Status::Ok();
    return InvalidArgument(std::string("expected integers, found ") + DTypeName(dtype));
  }

  // One input on the host. `values` is null where there is none.
  template <typename T>
  struct Operand {
    Shape shape;
    const T* values;
  };

  // The attribute scalar_input, of which bools and integers see the whole part.
  template <typename T>
  T ScalarAs() const {
    if constexpr (std::is_same_v<T, float>) return attributes_.scalar;
    return static_cast<T>(SaturateToInt64(attributes_.scalar));  // Wraps around for uint64.
  }

  static bool HasTwo(const std::vector<HostTensor>& inputs) {
    return inputs.size() == 2 && inputs[1].dtype() != DType::kInvalid;
  }

  // Calls function(row of operands, place in y, count) for each row of y. `b` is null where there is
  // one input; the scalar takes its place.
  template <typename T, typename Function>
  void ForEachRow(const Operand<T>& a, const Operand<T>& b, const Shape& result,
                  Function function) const {
    const T scalar = ScalarAs<T>();
    const bool has_two = b.values != nullptr;
    const bool is_scalar_first =
        !has_two && attributes_.scalar_index == 0 && !attributes_.IsUnary();
    BroadcastRows rows(result, {a.shape, has_two ? b.shape : Shape()});
    while (rows.Next()) {
      EltwiseRow<T> row{a.values + rows.offset(0), &scalar, rows.step(0), 0};
      if (has_two) row.b = b.values + rows.offset(1), row.b_step = rows.step(1);
      if (is_scalar_first) row = {row.b, row.a, row.b_step, row.a_step};
      function(row, rows.begin(), rows.count());
    }
  }

  Status ReferenceFloat(const std::vector<HostTensor>& inputs, HostTensor* y) const {
    const Operand<float> a{inputs[0].shape(), inputs[0].f32()};
    const Operand<float> b{HasTwo(inputs) ? inputs[1].shape() : Shape(),
                           HasTwo(inputs) ? inputs[1].f32() : nullptr};
    ForEachRow(a, b, y->shape(), [&](const EltwiseRow<float>& row, int64_t begin, int64_t count) {
      if (attributes_.IsComparison()) {
        CompareEltwise(attributes_.type, row, count, y->mutable_data<uint8_t>() + begin);
        return;
      }
      float* values = y->f32() + begin;
      ComputeEltwise(attributes_, row, count, values);
      if (attributes_.activation.kind == FusedActivation::Kind::kNone) return;
      for (int64_t i = 0; i < count; ++i) values[i] = attributes_.activation.Apply(values[i]);
    });
    return Status::Ok();
  }

  Status ReferenceInteger(const std::vector<HostTensor>& inputs, HostTensor* y) const {
    const std::vector<int64_t> values_a = ToInt64Vector(inputs[0]);
    const std::vector<int64_t> values_b =
        HasTwo(inputs) ? ToInt64Vector(inputs[1]) : std::vector<int64_t>();
    const Operand<int64_t> a{inputs[0].shape(), values_a.data()};
    const Operand<int64_t> b{HasTwo(inputs) ? inputs[1].shape() : Shape(),
                             HasTwo(inputs) ? values_b.data() : nullptr};
    if (inputs[0].dtype() != DType::kUInt64) return ReferenceInteger(a, b, y);
    // C++ lets the unsigned type of the same size read the elements.
    return ReferenceInteger(Operand<uint64_t>{a.shape, reinterpret_cast<const uint64_t*>(a.values)},
                            Operand<uint64_t>{b.shape, reinterpret_cast<const uint64_t*>(b.values)},
                            y);
  }

  // T: int64_t or uint64_t.
  template <typename T>
  Status ReferenceInteger(const Operand<T>& a, const Operand<T>& b, HostTensor* y) const {
    if (attributes_.IsComparison()) {
      ForEachRow(a, b, y->shape(), [&](const EltwiseRow<T>& row, int64_t begin, int64_t count) {
        CompareEltwise(attributes_.type, row, count, y->mutable_data<uint8_t>() + begin);
      });
      return Status::Ok();
    }
    std::vector<int64_t> result(static_cast<size_t>(y->shape().elements()));
    bool is_by_zero = false;
    ForEachRow(a, b, y->shape(), [&](const EltwiseRow<T>& row, int64_t begin, int64_t count) {
      for (int64_t i = 0; attributes_.Divides() && i < count && !is_by_zero; ++i)
        is_by_zero = row.b[i * row.b_step] == 0;
      if (!is_by_zero) ComputeEltwise(attributes_, row, count, result.data() + begin);
    });
    if (is_by_zero) return InvalidArgument("an integer is divided by zero");
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
