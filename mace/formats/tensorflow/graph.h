// The wiring of a TensorFlow graph: names resolved, outputs found, nodes in an order that works.
#ifndef MACE_FORMATS_TENSORFLOW_GRAPH_H_
#define MACE_FORMATS_TENSORFLOW_GRAPH_H_

#include <cstddef>
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

class TfGraph {
 public:
  // kInvalidArgument for two nodes of one name, an input that no node makes, and a port (the number
  // of a node's output, in TensorFlow's "node:port") that is not a number. Control inputs ("^node")
  // are left out, because inference has no side effects to order.
  static StatusOr<TfGraph> Make(const tf::GraphDef& def);

  const tf::NodeDef& node(size_t index) const { return def_->node(static_cast<int>(index)); }
  const std::vector<TfTensorRef>& inputs(size_t index) const { return inputs_[index]; }

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

  const tf::GraphDef* def_;
  NameMap<size_t> by_name_;
  std::vector<std::vector<TfTensorRef>> inputs_;
};

}  // namespace mace

#endif  // MACE_FORMATS_TENSORFLOW_GRAPH_H_
