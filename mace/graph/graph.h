// The intermediate representation: a directed acyclic graph of nodes over values, independent of
// file formats and of devices.
//
// Conventions that every importer establishes and every pass keeps:
//  - Spatial ops (Conv2D, DepthwiseConv2d, Deconv2D, Pooling, Resize*, BatchNorm, ...) take NHWC
//    activations. Where the source model has another order, there is an explicit Transpose node.
//    Attributes (axis, paddings) refer to the axes of the tensor that the op takes.
//  - Filters have these orders:
//      Conv2D, Deconv2D, FullyConnected  OIHW: [O, I / group, H, W]
//      DepthwiseConv2d                   MIHW: [multiplier, channels, H, W], where output channel
//                                        = c * multiplier + m
//  - Half and bfloat16 constants keep their stored type. Activations are float32 in the graph; the
//    plan chooses their storage.
//  - Nodes are in topological order.
//
// Thread contract: thread-compatible.
#ifndef MACE_GRAPH_GRAPH_H_
#define MACE_GRAPH_GRAPH_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mace/base/status.h"
#include "mace/graph/derived_constants.h"
#include "mace/graph/node.h"
#include "mace/graph/tensor.h"

namespace mace {

struct Value {
  std::string name;
  // Known after shape inference (or from the start, for inputs and constants).
  TensorInfo info;
  bool shape_known = false;
  // Present for weights and folded results.
  std::optional<HostTensor> constant;
};

// How an input or output is declared to the caller.
struct IoInfo {
  std::string name;  // The public name.
  ValueId value = kNoValue;
  // Outputs: the shape to show when its element count equals the op's (it may differ in rank);
  // nullopt: the op's. Inputs: the declared shape; a negative extent is dynamic.
  std::optional<std::vector<int64_t>> declared_dims;
  // The names that the model gives to extents, such as "batch": one for each extent that it
  // declares, "" where an extent has none. Empty: no extent has one.
  std::vector<std::string> dim_names;
  // The type that the model declares. Where it is a float type, the value is float32 all the same:
  // inputs and outputs are converted when the graph runs.
  DType dtype = DType::kFloat32;
  // "NHWC", "NCHW" or "NONE": a description for the caller, as the model declares it.
  std::string layout = "NONE";
};

class Graph {
 public:
  std::string name;
  std::string source_format;  // "mace", "tensorflow", "tflite", "onnx".
  // What a user should know about how the model was read: one line, or empty.
  std::string note;
  std::vector<Value> values;
  std::vector<Node> nodes;
  std::vector<IoInfo> inputs;
  std::vector<IoInfo> outputs;
  // Where passes look for constants before they make them: that of the model's graphs for all input
  // shapes. Null: this graph shares none.
  std::shared_ptr<DerivedConstants> derived;

  ValueId AddValue(std::string name);
  ValueId AddConstant(std::string name, HostTensor tensor);
  Value& value(ValueId id) { return values[static_cast<size_t>(id)]; }
  const Value& value(ValueId id) const { return values[static_cast<size_t>(id)]; }
  bool IsConstant(ValueId id) const { return id != kNoValue && value(id).constant.has_value(); }

  // For each value the index in `nodes` of the node that makes it; -1 for inputs and constants.
  std::vector<int> Producers() const;
  // For each value the indices in `nodes` of the nodes that read it, once per use. Graph outputs
  // are not counted.
  std::vector<std::vector<int>> Consumers() const;
};

// Checks every index, unique names, single producers, and that each input of a node is made before;
// kInvalidArgument names the node, the expected and the found.
Status ValidateGraph(const Graph& graph);

// Puts nodes into topological order, keeping the given order among independent ones;
// kInvalidArgument names a node of a cycle, or of a missing input.
Status SortTopologically(Graph* graph);

// One line a node, for `mace inspect --stage=graph|passes` and for golden tests.
std::string DumpGraph(const Graph& graph);

}  // namespace mace

#endif  // MACE_GRAPH_GRAPH_H_
