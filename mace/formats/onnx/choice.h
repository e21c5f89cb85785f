// Truth values that decide what a network computes, and choosing by them.
//
// Thread contract: thread-compatible.
#ifndef MACE_FORMATS_ONNX_CHOICE_H_
#define MACE_FORMATS_ONNX_CHOICE_H_

#include <optional>
#include <string>

#include "mace/base/status.h"
#include "mace/formats/onnx/structure.h"

namespace mace {

// The value of a condition that is known at import; nullopt: it is computed when the network runs.
// kInvalidArgument unless the tensor is one bool.
StatusOr<std::optional<bool>> KnownOnnxCondition(const OnnxStructure& at,
                                                 const std::string& tensor);
// KnownOnnxCondition for a condition that must be known (GraphBuilder::ElementsOf).
StatusOr<std::optional<bool>> AskOnnxCondition(const OnnxStructure& at, const std::string& tensor);
// A condition as a scalar []. Errors: KnownOnnxCondition's.
StatusOr<ValueId> OnnxCondition(const OnnxStructure& at, const std::string& tensor);

// condition ? a : b for a scalar condition and two tensors of one type and shape. kUnsupported,
// with what was found, where their types or shapes differ. Integers of two widths become int64: the
// model gives both one type, and an op of the graph may have made the other width.
StatusOr<ValueId> ChooseOnnxValue(const OnnxStructure& at, ValueId condition, ValueId a, ValueId b);

}  // namespace mace

#endif  // MACE_FORMATS_ONNX_CHOICE_H_
