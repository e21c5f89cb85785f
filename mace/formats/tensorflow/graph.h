// The wiring of a TensorFlow graph: names resolved, outputs found, nodes in an order that works.
#ifndef MACE_FORMATS_TENSORFLOW_GRAPH_H_
#define MACE_FORMATS_TENSORFLOW_GRAPH_H_

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "mace/base/keyed_hash.h"
#include "mace/base/status.h"
#include "mace/formats/proto/tensorflow.pb.h"

namespace mace {

// An output of a node.
struct TfTensorRef {
  size_t node = 0;
  int port = 0;
  friend bool operator<(const TfTensorRef& a, const TfTensorRef& b) {
    return a.node != b.node ? a.node < b.node : a.port < b.port;
  }
};

// A loop of the older form, made of Enter, Merge, Switch, NextIteration and Exit nodes.
struct TfFrame {
  // One tensor that goes from step to step.
  struct Variable {
    size_t enter = 0;
    size_t merge = 0;
    TfTensorRef next;  // What NextIteration reads.
    bool has_switch = false;
    size_t switch_node = 0;  // Its output 1 goes into the body.
  };
  std::vector<Variable> variables;
  std::vector<size_t> invariants;  // Enter nodes of values that no step changes.
  bool has_condition = false;
  TfTensorRef condition;  // What LoopCond reads.
};

// Which variable of which frame an Exit node gives.
struct TfExit {
  size_t frame = 0;
  size_t variable = 0;
};

class TfGraph {
 public:
  // kInvalidArgument for two nodes of one name, an input that no node makes, and a port (the number
  // of a node's output, in TensorFlow's "node:port") that is not a number. Control inputs ("^node")
  // are left out, because inference has no side effects to order; those that say in which branch a
  // node stands are pivots().
  static StatusOr<TfGraph> Make(const tf::GraphDef& def);

  const tf::NodeDef& node(size_t index) const { return def_->node(static_cast<int>(index)); }
  const std::vector<TfTensorRef>& inputs(size_t index) const { return inputs_[index]; }
  size_t size() const { return inputs_.size(); }
  // Outputs of Switch nodes, through an Identity: the node is in a branch that is not taken where
  // one of these Identity nodes is.
  const std::vector<size_t>& pivots(size_t index) const { return pivots_[index]; }
  const std::vector<TfFrame>& frames() const { return frames_; }
  // Null for a node that is no exit of a loop.
  const TfExit* FindExit(size_t index) const;

  // "node" or "node:1"; kNotFound where there is no such node.
  StatusOr<TfTensorRef> Resolve(const std::string& tensor) const;
  // All outputs of nodes that compute something and that no node reads.
  std::vector<TfTensorRef> FindOutputs() const;
  // All nodes that `outputs` need when the tensors of `given` are there; kInvalidArgument names a
  // node of a cycle, or with `skip_cycles` nodes that cannot be made are left out.
  StatusOr<std::vector<size_t>> OrderFor(const std::vector<TfTensorRef>& outputs,
                                         const std::set<TfTensorRef>& given,
                                         bool skip_cycles = false) const;

 private:
  explicit TfGraph(const tf::GraphDef& def) : def_(&def) {}

  void FindPivots();
  void FindFrames();
  void FindLoopVariables(std::map<std::string, size_t>* frame_of_name);
  std::vector<size_t> DependenciesOf(size_t index, const std::set<TfTensorRef>& given) const;
  // Whether the node stands for a branch, and computes nothing.
  bool IsPivot(size_t index) const;
  bool IsOp(size_t index, const char* op) const { return node(index).op() == op; }

  const tf::GraphDef* def_;
  NameMap<size_t> by_name_;
  std::vector<std::vector<TfTensorRef>> inputs_;
  std::vector<std::vector<size_t>> controls_;  // The nodes of control inputs.
  std::vector<std::vector<size_t>> pivots_;
  std::vector<TfFrame> frames_;
  std::map<size_t, TfExit> exits_;
};

}  // namespace mace

#endif  // MACE_FORMATS_TENSORFLOW_GRAPH_H_
