// ONNX's ops of sequences and optionals. The importer knows which tensors a sequence holds, so that
// positions must be known at import; none of these ops stays in the graph but slices and Concat.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_FORMATS_ONNX_SEQUENCES_H_
#define MACE_FORMATS_ONNX_SEQUENCES_H_

#include "mace/base/status.h"
#include "mace/formats/onnx/structure.h"

namespace mace {

Status AddOnnxSequenceConstruct(const OnnxStructure& at);
Status AddOnnxSequenceEmpty(const OnnxStructure& at);
Status AddOnnxSequenceAt(const OnnxStructure& at);
Status AddOnnxSequenceInsert(const OnnxStructure& at);
Status AddOnnxSequenceErase(const OnnxStructure& at);
Status AddOnnxSequenceLength(const OnnxStructure& at);
Status AddOnnxSplitToSequence(const OnnxStructure& at);
Status AddOnnxConcatFromSequence(const OnnxStructure& at);

Status AddOnnxOptional(const OnnxStructure& at);
Status AddOnnxOptionalHasElement(const OnnxStructure& at);
Status AddOnnxOptionalGetElement(const OnnxStructure& at);

}  // namespace mace

#endif  // MACE_FORMATS_ONNX_SEQUENCES_H_
