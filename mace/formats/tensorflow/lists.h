// What TensorLists and TensorArrays share while they are evaluated.
#ifndef MACE_FORMATS_TENSORFLOW_LISTS_H_
#define MACE_FORMATS_TENSORFLOW_LISTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "mace/base/status.h"
#include "mace/formats/tensorflow/evaluator.h"
#include "mace/formats/tensorflow/node.h"

namespace mace {

inline constexpr int64_t kMaxListElements = 1 << 16;

// A call as the emitters see it: lists among the inputs are kNoValue.
TfNode NodeOf(TfEvaluator* evaluator, const TfCall& call);

StatusOr<const TfList*> ListInput(const TfCall& call, size_t index);
// The number in a constant input. kUnsupported where it is not known at import.
StatusOr<int64_t> NumberInput(TfEvaluator* evaluator, const TfCall& call, size_t index);
StatusOr<ValueId> TensorInput(const TfCall& call, size_t index);

// A list of `count` elements that are not set; 0 to kMaxListElements.
StatusOr<TfList> NewList(int64_t count, DType dtype);
// kInvalidArgument for a place outside of the list.
Status CheckPlace(const TfList& list, int64_t place);
// The element; zeros where it was never set, if its shape is known.
StatusOr<ValueId> ElementOf(TfNode* node, const TfList& list, int64_t place);
// The tensor's parts along its first axis.
StatusOr<std::vector<ValueId>> PartsOf(TfNode* node, ValueId tensor);
// The elements as one tensor with a new first axis.
StatusOr<ValueId> StackElements(TfNode* node, const TfList& list,
                                const std::vector<int64_t>& places);
// The elements one behind the other along their first axis, and outputs for their lengths.
StatusOr<std::vector<ValueId>> JoinElements(TfNode* node, const TfList& list);
// 0, 1, ... for all elements.
std::vector<int64_t> AllPlaces(const TfList& list);

}  // namespace mace

#endif  // MACE_FORMATS_TENSORFLOW_LISTS_H_
