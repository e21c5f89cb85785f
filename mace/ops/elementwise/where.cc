// Where: y = condition ? a : b, element by element with NumPy's broadcasting over any rank. Inputs
// condition (bool), a, b of one type, which the result has (floats of any kind give float32).
#include <cstring>

#include "mace/ops/elementwise/elementwise_lowering.h"
#include "mace/ops/lowering_support.h"
#include "mace/ops/matmul/batched_gemm.h"
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
    BroadcastStrides strides[3];
    for (size_t i = 0; i < 3; ++i) strides[i] = StridesOf(inputs[i].shape(), y.shape(), 1);
    const size_t size = DTypeSize(y.dtype());
    const uint8_t* condition = inputs[0].data<uint8_t>();
    for (int64_t i = 0; i < y.shape().elements(); ++i) {
      const size_t chosen = condition[BroadcastOffset(y.shape(), strides[0], i)] != 0 ? 1 : 2;
      const size_t from =
          static_cast<size_t>(BroadcastOffset(y.shape(), strides[chosen], i)) * size;
      std::memcpy(y.mutable_data<uint8_t>() + static_cast<size_t>(i) * size,
                  inputs[chosen].bytes().data() + from, size);
    }
    return Status::Ok();
  }

  std::string WriteElement(const std::vector<ElementOperand>& inputs,
                           ElementText* text) const override {
    return text->Call("CHOOSE", {"T", inputs[0].name, inputs[1].name, inputs[2].name});
  }

  std::vector<KernelVariant> Lower(const LoweringRequest& request) const override {
    return LowerElementwise(*this, "where", request);
  }
};

StatusOr<std::unique_ptr<Op>> MakeWhere(const Node&) { return std::unique_ptr<Op>(new WhereOp()); }

}  // namespace

extern const OpDefinition kWhereOp;
const OpDefinition kWhereOp = {"Where", 3, 3, &MakeWhere};

}  // namespace mace
