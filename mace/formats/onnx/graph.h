// The wiring of an ONNX graph: tensor names resolved, nodes in an order that works.
#ifndef MACE_FORMATS_ONNX_GRAPH_H_
#define MACE_FORMATS_ONNX_GRAPH_H_

#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

#include "mace/base/keyed_hash.h"
#include "mace/base/status.h"
#include "mace/formats/proto/onnx.pb.h"

namespace mace {

// Where a tensor comes from.
struct OnnxSource {
  enum class Kind { kNone, kInput, kInitializer, kNode };
  Kind kind = Kind::kNone;
  // Into the graph's inputs, its nodes, or its initializers, behind which the sparse ones follow.
  size_t index = 0;
};

class OnnxGraph {
 public:
  // kInvalidArgument for two tensors of one name, and for a tensor that nothing makes and that a
  // node, or a graph inside of a node, reads. An input with an initializer is the initializer: a
  // default that nobody overrides. REQUIRES: `def` outlives the result and its copies.
  static StatusOr<OnnxGraph> Make(const onnx::GraphProto& def);
  // Make for a graph inside of a node, which may read the tensors of the graphs around it.
  static StatusOr<OnnxGraph> MakeInner(const onnx::GraphProto& def);

  const onnx::GraphProto& def() const { return *def_; }
  const onnx::NodeProto& node(size_t index) const { return def_->node(static_cast<int>(index)); }
  // The name and type of an initializer, its elements, or those of a sparse one that are not 0.
  const onnx::TensorProto& initializer(size_t index) const;
  // The tensors that the node needs, those that its graphs capture among them. A name may be empty,
  // or there more than once.
  std::vector<std::string> Reads(size_t index) const;
  // kNone where nothing makes the tensor.
  OnnxSource Find(const std::string& tensor) const;

  // The nodes that the graph needs for `outputs` when the tensors of `cut` are given.
  struct Needs {
    std::vector<size_t> nodes;         // In an order that works.
    std::vector<std::string> inputs;   // Inputs of the graph that are not cut, in order.
    std::vector<size_t> initializers;  // Initializers and sparse ones that are not cut, in order.
  };
  // kNotFound for an output that nothing makes; kInvalidArgument names a node of a cycle, or with
  // `skip_cycles` nodes that cannot be made are left out.
  StatusOr<Needs> NeedsFor(const std::vector<std::string>& outputs, const NameSet& cut,
                           bool skip_cycles = false) const;

 private:
  explicit OnnxGraph(const onnx::GraphProto& def) : def_(&def) {}
  Status AddInitializers();
  Status CheckReads(size_t index) const;

  const onnx::GraphProto* def_;
  NameMap<OnnxSource> sources_;
  std::unordered_map<size_t, std::vector<std::string>> captured_;  // Of nodes that hold graphs.
};

// "node 'name' (Type)"; a node without a name goes by its first output.
std::string DescribeOnnxNode(const onnx::NodeProto& node);

}  // namespace mace

#endif  // MACE_FORMATS_ONNX_GRAPH_H_
