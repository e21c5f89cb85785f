// Where: y = condition ? a : b, element by element with NumPy's broadcasting over any rank. Inputs
// condition (bool), a, b of one type, which the result has (floats of any kind give float32).
#include "mace/ops/elementwise/broadcast_rows.h"
#include "mace/ops/elementwise/elementwise_lowering.h"
#include "mace/ops/elementwise/integer_elements.h"
#include "mace/ops/lowering_support.h"
#include "mace/ops/op.h"

namespace mace {
namespace {

class WhereOp : public Op {
 public:
  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    for (const OpInput& input : inputs) {
      if (!input.present) return InvalidArgument("expected condition, a and b");
    }
    const DType a = ActivationType(inputs[1].info.dtype), b = ActivationType(inputs[2].info.dtype);
    if (inputs[0].info.dtype != DType::kBool || a != b) {
      return InvalidArgument(std::string("expected bool and two of one type, found ") +
                             DTypeName(inputs[0].info.dtype) + ", " + DTypeName(a) + " and " +
                             DTypeName(b));
    }
    MACE_ASSIGN_OR_RETURN(Shape shape, BroadcastShapes(inputs[1].info.shape, inputs[2].info.shape));
    MACE_ASSIGN_OR_RETURN(shape, BroadcastShapes(inputs[0].info.shape, shape));
    MACE_ASSIGN_OR_RETURN(shape, Shape::Make(shape.dims()));
    outputs->assign(1, {a, std::move(shape)});
    return Status::Ok();
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    HostTensor& y = (*outputs)[0];
    switch (DTypeSize(y.dtype())) {
      case 1:
        Choose<uint8_t>(inputs, &y);
        break;
      case 2:
        Choose<uint16_t>(inputs, &y);
        break;
      case 4:
        Choose<uint32_t>(inputs, &y);
        break;
      default:
        Choose<uint64_t>(inputs, &y);
    }
    return Status::Ok();
  }

  std::string WriteElement(const std::vector<ElementOperand>& inputs,
                           ElementText* text) const override {
    return text->Call("CHOOSE", {"T", inputs[0].name, inputs[1].name, inputs[2].name});
  }

  std::vector<KernelVariant> Lower(const LoweringRequest& request) const override {
    if (!ComputesIntegers(request)) return LowerElementwise(*this, "where", request);
    IntegerStep step;
    step.result = "v0 != 0 ? v1 : v2";
    return LowerIntegerElements("where_integers", request, step);
  }

 private:
  // T: an integer as wide as an element, whose bits are copied.
  template <typename T>
  static void Choose(const std::vector<HostTensor>& inputs, HostTensor* y) {
    const uint8_t* condition = inputs[0].data<uint8_t>();
    const T* a = inputs[1].data<T>();
    const T* b = inputs[2].data<T>();
    T* chosen = y->mutable_data<T>();
    BroadcastRows rows(y->shape(), {inputs[0].shape(), inputs[1].shape(), inputs[2].shape()});
    while (rows.Next()) {
      for (int64_t i = 0; i < rows.count(); ++i) {
        const bool is_a = condition[rows.offset(0) + i * rows.step(0)] != 0;
        chosen[rows.begin() + i] =
            is_a ? a[rows.offset(1) + i * rows.step(1)] : b[rows.offset(2) + i * rows.step(2)];
      }
    }
  }
};

StatusOr<std::unique_ptr<Op>> MakeWhere(const Node&) { return std::unique_ptr<Op>(new WhereOp()); }

}  // namespace

extern const OpDefinition kWhereOp;
const OpDefinition kWhereOp = {"Where", 3, 3, &MakeWhere};

}  // namespace mace
