#include "mace/formats/onnx/choice.h"

#include "mace/base/strings.h"
#include "mace/formats/onnx/emit.h"

namespace mace {
namespace {

// Its value in the graph. kInvalidArgument unless it is one bool.
StatusOr<ValueId> FindCondition(const OnnxStructure& at, const std::string& tensor) {
  MACE_ASSIGN_OR_RETURN(const ValueId id, at.tensors()->Value(tensor));
  const TensorInfo& info = at.tensors()->builder()->graph().value(id).info;
  if (info.dtype == DType::kBool && info.shape.elements() == 1) return id;
  return InvalidArgument("condition '" + Printable(tensor) + "': expected one bool, found " +
                         info.ToString());
}

bool IsInteger(DType dtype) { return dtype == DType::kInt32 || dtype == DType::kInt64; }

}  // namespace

StatusOr<std::optional<bool>> KnownOnnxCondition(const OnnxStructure& at,
                                                 const std::string& tensor) {
  MACE_ASSIGN_OR_RETURN(const ValueId id, FindCondition(at, tensor));
  const HostTensor* known = at.tensors()->builder()->ConstantOf(id);
  if (known == nullptr) return std::optional<bool>();
  return std::optional<bool>(known->data<uint8_t>()[0] != 0);
}

StatusOr<std::optional<bool>> AskOnnxCondition(const OnnxStructure& at, const std::string& tensor) {
  MACE_ASSIGN_OR_RETURN(const ValueId id, FindCondition(at, tensor));
  const HostTensor* known = at.tensors()->builder()->ElementsOf(id);
  if (known == nullptr) return std::optional<bool>();
  return std::optional<bool>(known->data<uint8_t>()[0] != 0);
}

StatusOr<ValueId> OnnxCondition(const OnnxStructure& at, const std::string& tensor) {
  MACE_ASSIGN_OR_RETURN(const ValueId id, FindCondition(at, tensor));
  GraphBuilder* const builder = at.tensors()->builder();
  return builder->ShapeOf(id).rank() == 0 ? id : builder->Reshape(id, {});
}

StatusOr<ValueId> ChooseOnnxValue(const OnnxStructure& at, ValueId condition, ValueId a,
                                  ValueId b) {
  if (a == b) return a;
  const Graph& graph = at.tensors()->builder()->graph();
  const TensorInfo first = graph.value(a).info, second = graph.value(b).info;
  const bool fits = first.dtype == second.dtype ||
                    (IsFloat(first.dtype) && IsFloat(second.dtype)) ||
                    (IsInteger(first.dtype) && IsInteger(second.dtype));
  if (!fits || first.shape != second.shape) {
    return Unsupported("expected one type and shape, found " + first.ToString() + " and " +
                       second.ToString());
  }
  if (first.dtype != second.dtype && IsInteger(first.dtype)) {
    MACE_ASSIGN_OR_RETURN(a, EmitCast(at.node, a, DType::kInt64));
    MACE_ASSIGN_OR_RETURN(b, EmitCast(at.node, b, DType::kInt64));
  }
  return EmitWhere(at.node, condition, a, b);
}

}  // namespace mace
