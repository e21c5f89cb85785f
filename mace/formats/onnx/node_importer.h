// Adds the nodes of an ONNX model to the graph: its own graph's, and those of the graphs inside of
// nodes and of the bodies of functions, which are put in place of the node.
//
// Thread contract: thread-compatible.
#ifndef MACE_FORMATS_ONNX_NODE_IMPORTER_H_
#define MACE_FORMATS_ONNX_NODE_IMPORTER_H_

#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "mace/base/status.h"
#include "mace/formats/onnx/functions.h"
#include "mace/formats/onnx/graph.h"
#include "mace/formats/onnx/node.h"
#include "mace/formats/onnx/scope.h"
#include "mace/formats/onnx/tensors.h"
#include "mace/formats/proto/onnx.pb.h"

namespace mace {

// A node with the names that its tensors have in the whole model, and with the attributes that its
// references lead to.
struct OnnxCall {
  const onnx::NodeProto* written = nullptr;  // As the file has it, with its graphs.
  const OnnxScope* scope = nullptr;          // Where it stands.
  std::shared_ptr<const onnx::NodeProto> node;
};

// A graph of an attribute, and the scope around it.
struct OnnxSubgraph {
  const onnx::GraphProto* def = nullptr;
  const OnnxScope* outer = nullptr;
};

class OnnxNodeImporter {
 public:
  // The nodes that a model may have besides those of its own graph: each run of a body counts.
  static constexpr size_t kMaxInnerNodes = size_t{1} << 16;

  // REQUIRES: `graph`, the model's own, and `tensors` outlive this.
  OnnxNodeImporter(const OnnxGraph* graph, OnnxTensors* tensors,
                   std::shared_ptr<const OnnxFunctions> functions)
      : graph_(graph), tensors_(tensors), functions_(std::move(functions)) {}

  // Adds the node, whose outputs get their names in `scope`. kUnsupported for an op that is not
  // known; the caller names the node in errors.
  Status Add(const onnx::NodeProto& def, OnnxScope* scope);

  // Makes constants of floats of all weights that are left to Dequantize nodes.
  Status EvaluateAllDequantized();

  OnnxTensors* tensors() const { return tensors_; }
  // The wiring of a graph inside of a node or of a function's body; errors as OnnxGraph's.
  StatusOr<const OnnxGraph*> InnerGraph(const onnx::GraphProto& def);
  // Counts one more node, or one run of a body. kResourceExhausted above kMaxInnerNodes.
  Status CountInner() { return CheckSteps(++inner_nodes_, 0, 0); }
  size_t inner_nodes() const { return inner_nodes_; }
  // CountInner's error where a model that has `inner_nodes` is to get so many for each of `steps`.
  static Status CheckSteps(size_t inner_nodes, size_t steps, size_t nodes_of_step);
  // The graph of an attribute. kInvalidArgument where there is none.
  StatusOr<OnnxSubgraph> Subgraph(const OnnxCall& call, const std::string& attribute) const;
  // Output `index` of the call is the tensor of this name; nothing where nobody wants the output.
  Status SetOutput(const OnnxCall& call, int index, const std::string& tensor);

 private:
  StatusOr<OnnxCall> Localize(const onnx::NodeProto& def, OnnxScope* scope, bool leaves_graphs);
  Status CopyAttributes(const onnx::NodeProto& def, const OnnxScope& scope, bool leaves_graphs,
                        onnx::NodeProto* to);
  Status Convert(const OnnxCall& call);
  StatusOr<std::vector<ValueId>> FindInputs(const onnx::NodeProto& def, bool reads_quantized);
  // Notes weights that were left to a Dequantize among the nodes of the graph from `first_node` on.
  void NoteDequantized(size_t first_node);
  // Makes such weights a constant of floats, for a node that may ask for their elements. Other values
  // stay what they are.
  Status EvaluateDequantized(ValueId id);
  std::string MakerOf(const std::string& tensor) const;
  Status DefineOutputs(const OnnxNode& node);
  std::string NodeName(const OnnxCall& call) const;

  const OnnxGraph* const graph_;
  OnnxTensors* const tensors_;
  const std::shared_ptr<const OnnxFunctions> functions_;
  std::unordered_map<const onnx::GraphProto*, std::unique_ptr<const OnnxGraph>> inner_graphs_;
  std::unordered_set<ValueId> dequantized_;  // By Dequantize nodes of the graph.
  size_t inner_nodes_ = 0;
};

}  // namespace mace

#endif  // MACE_FORMATS_ONNX_NODE_IMPORTER_H_
