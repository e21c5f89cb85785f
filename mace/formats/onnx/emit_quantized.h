// Between quantized integers and floats, in nodes of the graph: how the
// converters of quantized ops read their inputs and round their results.
//
// Thread contract: thread-compatible.
#ifndef MACE_FORMATS_ONNX_EMIT_QUANTIZED_H_
#define MACE_FORMATS_ONNX_EMIT_QUANTIZED_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "mace/formats/onnx/node.h"
#include "mace/formats/onnx/quantized.h"

namespace mace {

// Whether the op gives elements of its input 0 and no others, so that they may
// stand for others.
bool MovesOnnxElements(const std::string& op);
// After a node of such an op was converted: its results are quantized as its
// input 0 is.
void MarkMovedOnnxTensors(OnnxNode* node);
// Whether the quantization has one scale and one zero point for all elements.
bool IsPerTensor(GraphBuilder* builder, const OnnxQuantization& by);

// The inputs of a node that hold a quantization, and its attributes.
struct OnnxQuantizationInputs {
  size_t scale = 0;
  size_t zero_point = 0;  // May be an input that is not given.
  int64_t axis = 0;       // Counts from the end where it is negative.
  int64_t block_size = 0;
};
// kInvalidArgument where scale and zero point do not fit a tensor of shape `x`.
StatusOr<OnnxQuantization> BindOnnxQuantization(const OnnxNode& node, const Shape& x,
                                                const OnnxQuantizationInputs& inputs);

// The type of integers of an input that is quantized. REQUIRES:
// node.HasInput(index).
int32_t OnnxTypeOfInput(const OnnxNode& node, size_t index);

// Input `index` as floats: the reals, and q - zero_point. Constants are
// computed within the limits of memory (ImportBudget::Convert).
StatusOr<ValueId> EmitDequantized(OnnxNode* node, size_t index, const OnnxQuantization& by);
StatusOr<ValueId> EmitCentred(OnnxNode* node, size_t index, const OnnxQuantization& by);
// The integers of a tensor that the graph has as floats.
StatusOr<ValueId> EmitOnnxIntegers(OnnxNode* node, const OnnxQuantized& quantized);
// The value of a tensor as the model means it, for a reader that knows nothing
// of quantized tensors: integers that the graph holds as floats are made once.
// kNoValue where there is no such tensor.
StatusOr<ValueId> EmitIntegersOf(const std::string& tensor, const OnnxTensorSource& source,
                                 OnnxQuantizedTensors* tensors);
// Output 0 of the node: floats x rounded, half to even, to integers of `type`,
// saturated.
Status SetQuantizedResult(OnnxNode* node, ValueId x, const OnnxQuantization& by, int32_t type);
// Scales, or zero points as floats, in a shape that broadcasts to `x`.
StatusOr<ValueId> EmitForElements(OnnxNode* node, ValueId numbers, const Shape& x,
                                  const OnnxQuantization& by);

}  // namespace mace

#endif  // MACE_FORMATS_ONNX_EMIT_QUANTIZED_H_
