#include "mace/formats/tensorflow/lists.h"

#include <algorithm>
#include <utility>

#include "mace/base/strings.h"
#include "mace/formats/common/filled.h"
#include "mace/formats/tensorflow/emit.h"

namespace mace {

TfNode NodeOf(TfEvaluator* evaluator, const TfCall& call) {
  std::vector<ValueId> ids;
  for (const TfValue& input : call.inputs) ids.push_back(input.id);
  return TfNode(*call.def, evaluator->NameOf(call), std::move(ids), evaluator->builder());
}

StatusOr<const TfList*> ListInput(const TfCall& call, size_t index) {
  if (index < call.inputs.size() && call.inputs[index].is_list()) {
    return call.inputs[index].list.get();
  }
  return InvalidArgument("input " + std::to_string(index) + ": expected a list of tensors");
}

StatusOr<ValueId> TensorInput(const TfCall& call, size_t index) {
  if (index < call.inputs.size() && call.inputs[index].is_tensor()) return call.inputs[index].id;
  return InvalidArgument("input " + std::to_string(index) + ": expected a tensor");
}

StatusOr<int64_t> NumberInput(TfEvaluator* evaluator, const TfCall& call, size_t index) {
  MACE_RETURN_IF_ERROR(TensorInput(call, index).status());
  return NodeOf(evaluator, call).Number(index);
}

StatusOr<TfList> NewList(int64_t count, DType dtype) {
  if (count < 0 || count > kMaxListElements) {
    return ResourceExhausted("list: expected 0 to " + std::to_string(kMaxListElements) +
                             " elements, found " + std::to_string(count));
  }
  TfList list;
  list.elements.assign(static_cast<size_t>(count), kNoValue);
  list.dtype = dtype;
  return list;
}

Status CheckPlace(const TfList& list, int64_t place) {
  if (place >= 0 && place < static_cast<int64_t>(list.elements.size())) return Status::Ok();
  return InvalidArgument("list: expected a place below " + std::to_string(list.elements.size()) +
                         ", found " + std::to_string(place));
}

namespace {

// The shape of all elements, by what was said of it or by an element that is set.
StatusOr<Shape> ElementShape(TfNode* node, const TfList& list) {
  for (ValueId element : list.elements) {
    if (element != kNoValue) return node->builder()->ShapeOf(element);
  }
  if (list.element_dims) {
    const std::vector<int64_t>& dims = *list.element_dims;
    if (std::all_of(dims.begin(), dims.end(), [](int64_t extent) { return extent >= 0; })) {
      return Shape::Make(dims);
    }
  }
  return Unsupported("list: expected the shape of an element that was never set");
}

StatusOr<ValueId> AddZeros(TfNode* node, const TfList& list, Shape shape) {
  MACE_ASSIGN_OR_RETURN(HostTensor zero, HostTensor::Allocate({list.dtype, Shape()}));
  return AddFilled(node->builder()->UniqueName(node->name() + "/zeros"), std::move(zero),
                   std::move(shape), node->builder());
}

}  // namespace

StatusOr<ValueId> ElementOf(TfNode* node, const TfList& list, int64_t place) {
  MACE_RETURN_IF_ERROR(CheckPlace(list, place));
  const ValueId element = list.elements[static_cast<size_t>(place)];
  if (element != kNoValue) return element;
  MACE_ASSIGN_OR_RETURN(Shape shape, ElementShape(node, list));
  return AddZeros(node, list, std::move(shape));
}

StatusOr<std::vector<ValueId>> PartsOf(TfNode* node, ValueId tensor) {
  const Shape shape = node->builder()->ShapeOf(tensor);
  if (shape.rank() < 1 || shape[0] > kMaxListElements) {
    return Unsupported("expected a tensor of 0 to " + std::to_string(kMaxListElements) +
                       " parts along its first axis, found " + shape.ToString());
  }
  if (shape[0] == 0) return std::vector<ValueId>();
  AttributeMap attributes;
  attributes.Set("axis", int64_t{0});
  attributes.Set("num", shape[0]);
  MACE_RETURN_IF_ERROR(
      node->EmitResult("Unstack", {tensor}, std::move(attributes), static_cast<int>(shape[0])));
  return node->outputs();
}

StatusOr<ValueId> StackElements(TfNode* node, const TfList& list,
                                const std::vector<int64_t>& places) {
  if (places.empty()) {
    MACE_ASSIGN_OR_RETURN(const Shape shape, ElementShape(node, list));
    std::vector<int64_t> dims = shape.dims();
    dims.insert(dims.begin(), 0);
    MACE_ASSIGN_OR_RETURN(Shape none, Shape::Make(std::move(dims)));
    return AddZeros(node, list, std::move(none));
  }
  std::vector<ValueId> elements;
  for (int64_t place : places) {
    MACE_ASSIGN_OR_RETURN(const ValueId element, ElementOf(node, list, place));
    elements.push_back(element);
  }
  AttributeMap attributes;
  attributes.Set("axis", int64_t{0});
  return node->Emit("", "Stack", std::move(elements), std::move(attributes));
}

StatusOr<std::vector<ValueId>> JoinElements(TfNode* node, const TfList& list) {
  if (list.elements.empty()) return Unsupported("list: expected elements to join, found none");
  std::vector<ValueId> elements;
  std::vector<int32_t> lengths;
  for (int64_t place : AllPlaces(list)) {
    MACE_ASSIGN_OR_RETURN(const ValueId element, ElementOf(node, list, place));
    const Shape& shape = node->builder()->ShapeOf(element);
    if (shape.rank() < 1) return InvalidArgument("list: expected elements of rank 1 or more");
    lengths.push_back(static_cast<int32_t>(shape[0]));
    elements.push_back(element);
  }
  MACE_ASSIGN_OR_RETURN(const ValueId joined, EmitConcat(node, elements, 0));
  const Shape count{static_cast<int64_t>(lengths.size())};
  return std::vector<ValueId>{joined, AddInts(node, count, std::move(lengths))};
}

std::vector<int64_t> AllPlaces(const TfList& list) {
  std::vector<int64_t> places;
  for (size_t i = 0; i < list.elements.size(); ++i) places.push_back(static_cast<int64_t>(i));
  return places;
}

}  // namespace mace
