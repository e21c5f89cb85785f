// The ops of ONNX that say how others are put together: control flow, sequences and optionals. None
// of them stays in the graph.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_FORMATS_ONNX_STRUCTURE_H_
#define MACE_FORMATS_ONNX_STRUCTURE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "mace/base/status.h"
#include "mace/formats/onnx/node.h"
#include "mace/formats/onnx/node_importer.h"

namespace mace {

// A node of such an op, on its way into the graph.
struct OnnxStructure {
  const OnnxCall& call;
  OnnxNode* node;  // Reads attributes and adds nodes; its inputs are in call.node, by name.
  OnnxNodeImporter* importer;

  OnnxTensors* tensors() const { return importer->tensors(); }
  int input_count() const { return call.node->input_size(); }
  // "" where it is not given.
  std::string Input(int index) const {
    return index < input_count() ? call.node->input(index) : std::string();
  }
  int output_count() const { return call.node->output_size(); }
  bool WantsOutput(int index) const {
    return index < output_count() && !call.node->output(index).empty();
  }
  Status SetOutput(int index, const std::string& tensor) const {
    return importer->SetOutput(call, index, tensor);
  }
  // A value under a new name, and as output `index`.
  StatusOr<std::string> Name(const std::string& name, ValueId id) const {
    return tensors()->Add(node->name(), name, id);
  }
  Status SetValue(int index, ValueId id) const;
};

// Sets the outputs of the call; the caller names the node in errors.
using OnnxStructureHandler = Status (*)(const OnnxStructure& at);
// Null: the op is none of these.
OnnxStructureHandler FindOnnxStructure(const std::string& domain, const std::string& op);

Status AddOnnxIf(const OnnxStructure& at);
Status AddOnnxLoop(const OnnxStructure& at);
Status AddOnnxScan(const OnnxStructure& at);
Status AddOnnxSequenceMap(const OnnxStructure& at);
// A call of a function of the model.
Status AddOnnxFunction(const OnnxStructure& at, const OnnxFunction& function);

// A part of a tensor along an axis, from `start` up to `end`.
struct OnnxPart {
  int64_t axis = 0;
  int64_t start = 0;
  int64_t end = 0;
  bool drops_axis = false;  // The part has extent 1 there, and the axis goes.
};
StatusOr<ValueId> CutOnnxPart(const OnnxStructure& at, ValueId x, const OnnxPart& part);
// The parts one behind the other along `axis`; where `is_new`, each gets this axis first. REQUIRES:
// there is a part.
StatusOr<ValueId> JoinOnnxParts(const OnnxStructure& at, const std::vector<ValueId>& parts,
                                int64_t axis, bool is_new);
// What a loop without a step joins: no element along a new axis of tensors like this.
StatusOr<ValueId> EmptyOnnxStack(const OnnxStructure& at, const TensorInfo& element, int axis);

}  // namespace mace

#endif  // MACE_FORMATS_ONNX_STRUCTURE_H_
