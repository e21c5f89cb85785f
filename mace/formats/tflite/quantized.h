// Between the integers of TensorFlow Lite's quantized tensors and the floats that the graph has for
// them, in nodes of the graph.
//
// TensorFlow Lite computes with integers and rounds each result to its tensor's scale. The graph
// computes with the reals of the integers and rounds as TensorFlow Lite does: halves away from
// zero, counted from the zero point. Where TensorFlow Lite's own arithmetic is not exact (a factor
// in 32 bits, tables of functions) a result may be one step away from it.
// Thread contract: thread-compatible.
#ifndef MACE_FORMATS_TFLITE_QUANTIZED_H_
#define MACE_FORMATS_TFLITE_QUANTIZED_H_

#include "mace/formats/tflite/node.h"

namespace mace {

// kUnsupported for a scale of each channel or of 0, which a result does not have.
Status CheckTfliteResult(const TfliteQuantization& by);

// Floats rounded to the reals of integers, and clamped to those of the type.
StatusOr<ValueId> EmitTfliteRounded(NodeEmitter* node, ValueId x, const TfliteQuantization& by);
// The reals of integers; integers of reals that EmitTfliteRounded made.
StatusOr<ValueId> EmitTfliteReals(NodeEmitter* node, ValueId integers,
                                  const TfliteQuantization& by);
StatusOr<ValueId> EmitTfliteIntegers(NodeEmitter* node, ValueId reals,
                                     const TfliteQuantization& by);

// Whether input 0 and output 0 are quantized, and by the same numbers.
bool KeepsTfliteScale(const TfliteNode& node);
// The integers q of such a tensor, as floats; and the reals of floats that are rounded to integers.
// Both are for operators that TensorFlow Lite computes with the integers themselves, where halves
// go away from 0 and not from the zero point.
StatusOr<ValueId> EmitTfliteSteps(NodeEmitter* node, ValueId reals, const TfliteQuantization& by);
StatusOr<ValueId> EmitTfliteRoundedSteps(NodeEmitter* node, ValueId steps,
                                         const TfliteQuantization& by);

// After a node was converted: whether its results are as many, and of such types, as the file says.
// kCorruption for floats where the file says integers or the other way round; kUnsupported for
// integers of 16 bits without a scale that are computed, whose arithmetic would not wrap around.
Status CheckTfliteResults(const TfliteNode& node);

// Then: rounds its results where its outputs are quantized. Results of an
// operator that only moves elements, or chooses among them, are reals of integers already where all
// of its inputs have the output's scale.
Status RoundTfliteResults(TfliteNode* node);

}  // namespace mace

#endif  // MACE_FORMATS_TFLITE_QUANTIZED_H_
