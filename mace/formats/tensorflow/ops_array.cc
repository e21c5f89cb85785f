// TensorFlow's TensorArrays, which loops of TensorFlow 1 collect their steps in. The state of an
// array goes along its output "flow".
#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "mace/formats/tensorflow/emit.h"
#include "mace/formats/tensorflow/lists.h"
#include "mace/formats/tensorflow/tensor.h"

namespace mace {
namespace {

Status SetArray(TfCall* call, TfList list) {
  call->outputs = {TfValue::List(std::move(list))};
  return Status::Ok();
}

// Makes room for places up to `last` where the array grows.
Status MakeRoom(TfList* list, int64_t last) {
  const int64_t count = static_cast<int64_t>(list->elements.size());
  if (list->grows && last >= count && last < kMaxListElements) {
    list->elements.resize(static_cast<size_t>(last) + 1, kNoValue);
  }
  return CheckPlace(*list, last);
}

// size: outputs handle and flow.
Status EvaluateArray(TfEvaluator* evaluator, TfCall* call) {
  const TfNode node = NodeOf(evaluator, *call);
  const tf::DataType declared = node.Type("dtype", tf::DT_FLOAT);
  const DType dtype = GraphType(declared);
  if (dtype == DType::kInvalid) {
    return Unsupported("dtype: element type " + std::to_string(declared));
  }
  MACE_ASSIGN_OR_RETURN(const int64_t count, NumberInput(evaluator, *call, 0));
  MACE_ASSIGN_OR_RETURN(TfList list, NewList(count, IsFloat(dtype) ? DType::kFloat32 : dtype));
  list.grows = node.Bool("dynamic_size", false);
  const auto shape = call->def->attr().find("element_shape");
  if (shape != call->def->attr().end() && !shape->second.shape().unknown_rank()) {
    MACE_ASSIGN_OR_RETURN(list.element_dims, ReadDims(shape->second.shape()));
  }
  const TfValue value = TfValue::List(std::move(list));
  call->outputs = {value, value};
  return Status::Ok();
}

// handle, index, flow.
Status EvaluateArrayRead(TfEvaluator* evaluator, TfCall* call) {
  MACE_ASSIGN_OR_RETURN(const TfList* list, ListInput(*call, 2));
  MACE_ASSIGN_OR_RETURN(const int64_t place, NumberInput(evaluator, *call, 1));
  TfNode node = NodeOf(evaluator, *call);
  MACE_ASSIGN_OR_RETURN(const ValueId element, ElementOf(&node, *list, place));
  call->outputs = {TfValue::Tensor(element)};
  return Status::Ok();
}

// handle, index, value, flow.
Status EvaluateArrayWrite(TfEvaluator* evaluator, TfCall* call) {
  MACE_ASSIGN_OR_RETURN(const TfList* given, ListInput(*call, 3));
  MACE_ASSIGN_OR_RETURN(const int64_t place, NumberInput(evaluator, *call, 1));
  MACE_ASSIGN_OR_RETURN(const ValueId item, TensorInput(*call, 2));
  TfList list = *given;
  MACE_RETURN_IF_ERROR(MakeRoom(&list, place));
  list.elements[static_cast<size_t>(place)] = item;
  return SetArray(call, std::move(list));
}

// handle, indices, flow.
Status EvaluateArrayGather(TfEvaluator* evaluator, TfCall* call) {
  MACE_ASSIGN_OR_RETURN(const TfList* list, ListInput(*call, 2));
  MACE_RETURN_IF_ERROR(TensorInput(*call, 1).status());
  TfNode node = NodeOf(evaluator, *call);
  MACE_ASSIGN_OR_RETURN(const std::vector<int64_t> places, node.Numbers(1));
  MACE_ASSIGN_OR_RETURN(const ValueId stacked, StackElements(&node, *list, places));
  call->outputs = {TfValue::Tensor(stacked)};
  return Status::Ok();
}

// handle, indices, value, flow.
Status EvaluateArrayScatter(TfEvaluator* evaluator, TfCall* call) {
  MACE_ASSIGN_OR_RETURN(const TfList* given, ListInput(*call, 3));
  MACE_RETURN_IF_ERROR(TensorInput(*call, 1).status());
  MACE_ASSIGN_OR_RETURN(const ValueId tensor, TensorInput(*call, 2));
  TfNode node = NodeOf(evaluator, *call);
  MACE_ASSIGN_OR_RETURN(const std::vector<int64_t> places, node.Numbers(1));
  MACE_ASSIGN_OR_RETURN(const std::vector<ValueId> parts, PartsOf(&node, tensor));
  if (parts.size() != places.size()) return InvalidArgument("expected an index for each part");
  TfList list = *given;
  for (size_t i = 0; i < parts.size(); ++i) {
    MACE_RETURN_IF_ERROR(MakeRoom(&list, places[i]));
    list.elements[static_cast<size_t>(places[i])] = parts[i];
  }
  return SetArray(call, std::move(list));
}

// handle, flow: outputs the tensor and the lengths of its parts.
Status EvaluateArrayConcat(TfEvaluator* evaluator, TfCall* call) {
  MACE_ASSIGN_OR_RETURN(const TfList* list, ListInput(*call, 1));
  TfNode node = NodeOf(evaluator, *call);
  MACE_ASSIGN_OR_RETURN(const std::vector<ValueId> joined, JoinElements(&node, *list));
  call->outputs = {TfValue::Tensor(joined[0]), TfValue::Tensor(joined[1])};
  return Status::Ok();
}

// handle, flow.
Status EvaluateArraySize(TfEvaluator* evaluator, TfCall* call) {
  MACE_ASSIGN_OR_RETURN(const TfList* list, ListInput(*call, 1));
  TfNode node = NodeOf(evaluator, *call);
  call->outputs = {
      TfValue::Tensor(AddInts(&node, Shape(), {static_cast<int32_t>(list->elements.size())}))};
  return Status::Ok();
}

}  // namespace

const TfSpecialEntry kTfArraySpecials[] = {
    {"TensorArrayConcatV3", EvaluateArrayConcat}, {"TensorArrayGatherV3", EvaluateArrayGather},
    {"TensorArrayReadV3", EvaluateArrayRead},     {"TensorArrayScatterV3", EvaluateArrayScatter},
    {"TensorArraySizeV3", EvaluateArraySize},     {"TensorArrayV3", EvaluateArray},
    {"TensorArrayWriteV3", EvaluateArrayWrite},   {nullptr, nullptr},
};

}  // namespace mace
