// TensorFlow's TensorLists, which loops of TensorFlow 2 collect their steps in.
#include <algorithm>
#include <utility>
#include <vector>

#include "mace/formats/tensorflow/emit.h"
#include "mace/formats/tensorflow/lists.h"
#include "mace/formats/tensorflow/tensor.h"

namespace mace {
namespace {

Status SetList(TfCall* call, TfList list) {
  call->outputs = {TfValue::List(std::move(list))};
  return Status::Ok();
}

Status SetTensor(TfCall* call, const StatusOr<ValueId>& id) {
  if (!id.ok()) return id.status();
  call->outputs = {TfValue::Tensor(*id)};
  return Status::Ok();
}

StatusOr<DType> ElementType(const TfNode& node) {
  const tf::DataType declared = node.Type("element_dtype", tf::DT_FLOAT);
  const DType dtype = GraphType(declared);
  if (dtype == DType::kInvalid) {
    return Unsupported("element_dtype: element type " + std::to_string(declared));
  }
  return IsFloat(dtype) ? DType::kFloat32 : dtype;
}

// What input `index` says of an element's shape; a scalar says nothing.
void SetElementDims(const TfNode& node, size_t index, TfList* list) {
  if (index >= node.input_count() || node.input(index) == kNoValue) return;
  const HostTensor* dims = node.builder()->ConstantOf(node.input(index));
  if (dims != nullptr && dims->shape().rank() == 1) list->element_dims = ToInt64Vector(*dims);
}

// element_shape, num_elements.
Status EvaluateReserve(TfEvaluator* evaluator, TfCall* call) {
  const TfNode node = NodeOf(evaluator, *call);
  MACE_ASSIGN_OR_RETURN(const DType dtype, ElementType(node));
  MACE_ASSIGN_OR_RETURN(const int64_t count, NumberInput(evaluator, *call, 1));
  MACE_ASSIGN_OR_RETURN(TfList list, NewList(count, dtype));
  SetElementDims(node, 0, &list);
  return SetList(call, std::move(list));
}

Status EvaluateEmpty(TfEvaluator* evaluator, TfCall* call) {
  const TfNode node = NodeOf(evaluator, *call);
  MACE_ASSIGN_OR_RETURN(const DType dtype, ElementType(node));
  MACE_ASSIGN_OR_RETURN(TfList list, NewList(0, dtype));
  SetElementDims(node, 0, &list);
  return SetList(call, std::move(list));
}

// tensor, element_shape.
Status EvaluateFromTensor(TfEvaluator* evaluator, TfCall* call) {
  TfNode node = NodeOf(evaluator, *call);
  MACE_ASSIGN_OR_RETURN(const ValueId tensor, TensorInput(*call, 0));
  MACE_ASSIGN_OR_RETURN(TfList list, NewList(0, ComputedType(node, tensor)));
  MACE_ASSIGN_OR_RETURN(list.elements, PartsOf(&node, tensor));
  const Shape shape = evaluator->builder()->ShapeOf(tensor);
  list.element_dims = std::vector<int64_t>(shape.dims().begin() + 1, shape.dims().end());
  return SetList(call, std::move(list));
}

// tensor, indices, element_shape, and in the newer form the number of elements.
Status EvaluateScatter(TfEvaluator* evaluator, TfCall* call) {
  TfNode node = NodeOf(evaluator, *call);
  MACE_ASSIGN_OR_RETURN(const ValueId tensor, TensorInput(*call, 0));
  MACE_RETURN_IF_ERROR(TensorInput(*call, 1).status());
  MACE_ASSIGN_OR_RETURN(const std::vector<int64_t> places, node.Numbers(1));
  int64_t count = 0;
  if (call->inputs.size() > 3) {
    MACE_ASSIGN_OR_RETURN(count, NumberInput(evaluator, *call, 3));
  }
  for (int64_t place : places) count = std::max(count, place + 1);
  MACE_ASSIGN_OR_RETURN(TfList list, NewList(count, ComputedType(node, tensor)));
  SetElementDims(node, 2, &list);
  MACE_ASSIGN_OR_RETURN(const std::vector<ValueId> parts, PartsOf(&node, tensor));
  if (parts.size() != places.size()) return InvalidArgument("expected an index for each part");
  for (size_t i = 0; i < parts.size(); ++i) {
    MACE_RETURN_IF_ERROR(CheckPlace(list, places[i]));
    list.elements[static_cast<size_t>(places[i])] = parts[i];
  }
  return SetList(call, std::move(list));
}

// list, index, element_shape.
Status EvaluateGetItem(TfEvaluator* evaluator, TfCall* call) {
  MACE_ASSIGN_OR_RETURN(const TfList* given, ListInput(*call, 0));
  MACE_ASSIGN_OR_RETURN(const int64_t place, NumberInput(evaluator, *call, 1));
  TfNode node = NodeOf(evaluator, *call);
  TfList list = *given;
  if (!list.element_dims) SetElementDims(node, 2, &list);
  return SetTensor(call, ElementOf(&node, list, place));
}

// list, index, item. TensorFlow lets the list grow where an attribute says it.
Status EvaluateSetItem(TfEvaluator* evaluator, TfCall* call) {
  MACE_ASSIGN_OR_RETURN(const TfList* given, ListInput(*call, 0));
  MACE_ASSIGN_OR_RETURN(const int64_t place, NumberInput(evaluator, *call, 1));
  MACE_ASSIGN_OR_RETURN(const ValueId item, TensorInput(*call, 2));
  const TfNode node = NodeOf(evaluator, *call);
  TfList list = *given;
  const bool grows = node.Bool("resize_if_index_out_of_bounds", false);
  if (grows && place >= static_cast<int64_t>(list.elements.size()) && place < kMaxListElements) {
    list.elements.resize(static_cast<size_t>(place) + 1, kNoValue);
  }
  MACE_RETURN_IF_ERROR(CheckPlace(list, place));
  list.elements[static_cast<size_t>(place)] = item;
  return SetList(call, std::move(list));
}

Status EvaluatePushBack(TfEvaluator*, TfCall* call) {
  MACE_ASSIGN_OR_RETURN(const TfList* given, ListInput(*call, 0));
  MACE_ASSIGN_OR_RETURN(const ValueId item, TensorInput(*call, 1));
  TfList list = *given;
  list.elements.push_back(item);
  MACE_RETURN_IF_ERROR(NewList(static_cast<int64_t>(list.elements.size()), list.dtype).status());
  return SetList(call, std::move(list));
}

// Outputs: the shorter list, and the last element.
Status EvaluatePopBack(TfEvaluator* evaluator, TfCall* call) {
  MACE_ASSIGN_OR_RETURN(const TfList* given, ListInput(*call, 0));
  TfNode node = NodeOf(evaluator, *call);
  TfList list = *given;
  MACE_ASSIGN_OR_RETURN(const ValueId last,
                        ElementOf(&node, list, static_cast<int64_t>(list.elements.size()) - 1));
  list.elements.pop_back();
  call->outputs = {TfValue::List(std::move(list)), TfValue::Tensor(last)};
  return Status::Ok();
}

// list, element_shape.
Status EvaluateStack(TfEvaluator* evaluator, TfCall* call) {
  MACE_ASSIGN_OR_RETURN(const TfList* given, ListInput(*call, 0));
  TfNode node = NodeOf(evaluator, *call);
  TfList list = *given;
  if (!list.element_dims) SetElementDims(node, 1, &list);
  return SetTensor(call, StackElements(&node, list, AllPlaces(list)));
}

// list, indices, element_shape.
Status EvaluateGather(TfEvaluator* evaluator, TfCall* call) {
  MACE_ASSIGN_OR_RETURN(const TfList* list, ListInput(*call, 0));
  MACE_RETURN_IF_ERROR(TensorInput(*call, 1).status());
  TfNode node = NodeOf(evaluator, *call);
  MACE_ASSIGN_OR_RETURN(const std::vector<int64_t> places, node.Numbers(1));
  return SetTensor(call, StackElements(&node, *list, places));
}

Status EvaluateConcat(TfEvaluator* evaluator, TfCall* call) {
  MACE_ASSIGN_OR_RETURN(const TfList* list, ListInput(*call, 0));
  TfNode node = NodeOf(evaluator, *call);
  MACE_ASSIGN_OR_RETURN(const std::vector<ValueId> joined, JoinElements(&node, *list));
  call->outputs = {TfValue::Tensor(joined[0]), TfValue::Tensor(joined[1])};
  return Status::Ok();
}

Status EvaluateLength(TfEvaluator* evaluator, TfCall* call) {
  MACE_ASSIGN_OR_RETURN(const TfList* list, ListInput(*call, 0));
  TfNode node = NodeOf(evaluator, *call);
  return SetTensor(call, AddInts(&node, Shape(), {static_cast<int32_t>(list->elements.size())}));
}

// list, size.
Status EvaluateResize(TfEvaluator* evaluator, TfCall* call) {
  MACE_ASSIGN_OR_RETURN(const TfList* given, ListInput(*call, 0));
  MACE_ASSIGN_OR_RETURN(const int64_t count, NumberInput(evaluator, *call, 1));
  MACE_RETURN_IF_ERROR(NewList(count, given->dtype).status());
  TfList list = *given;
  list.elements.resize(static_cast<size_t>(count), kNoValue);
  return SetList(call, std::move(list));
}

}  // namespace

const TfSpecialEntry kTfListSpecials[] = {
    {"EmptyTensorList", EvaluateEmpty},
    {"TensorListConcatV2", EvaluateConcat},
    {"TensorListFromTensor", EvaluateFromTensor},
    {"TensorListGather", EvaluateGather},
    {"TensorListGetItem", EvaluateGetItem},
    {"TensorListLength", EvaluateLength},
    {"TensorListPopBack", EvaluatePopBack},
    {"TensorListPushBack", EvaluatePushBack},
    {"TensorListReserve", EvaluateReserve},
    {"TensorListResize", EvaluateResize},
    {"TensorListScatter", EvaluateScatter},
    {"TensorListScatterV2", EvaluateScatter},
    {"TensorListSetItem", EvaluateSetItem},
    {"TensorListStack", EvaluateStack},
    {nullptr, nullptr},
};

}  // namespace mace
