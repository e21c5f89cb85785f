// Builds a graph node by node with every shape known at once, for all importers.
//
// Thread contract: thread-compatible.
#ifndef MACE_IMPORT_BUILDER_H_
#define MACE_IMPORT_BUILDER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "mace/base/status.h"
#include "mace/graph/graph.h"
#include "mace/import/import.h"

namespace mace {

inline const std::vector<int64_t> kNchwToNhwc = {0, 2, 3, 1};
inline const std::vector<int64_t> kNhwcToNchw = {0, 3, 1, 2};

class GraphBuilder {
 public:
  explicit GraphBuilder(const ImportOptions& options)
      : graph_(std::make_shared<Graph>()), options_(options) {}

  Graph& graph() { return *graph_; }
  const std::shared_ptr<Graph>& shared_graph() const { return graph_; }
  const ImportOptions& options() const { return options_; }

  // Names of the source's tensors. Define refuses a name that is taken; Find gives kNoValue.
  Status Define(const std::string& name, ValueId id);
  ValueId Find(const std::string& name) const;

  const Shape& ShapeOf(ValueId id) { return graph_->value(id).info.shape; }
  const HostTensor* ConstantOf(ValueId id) const;

  // Counts memory that a constant takes besides the file; kInvalidArgument above the limit.
  Status Reserve(const std::string& what, size_t bytes);

  // A value of a known shape that the caller gives, with its port. `declared` may have negative
  // extents; ImportOptions::input_shapes goes before it.
  StatusOr<ValueId> AddInput(GraphPort port);

  // Infers `node` (its outputs are added here, under these names) and appends it, unless it could
  // be evaluated. Values that must stay nodes are named in KeepAsNode. A node name that is taken
  // is kInvalidArgument.
  StatusOr<std::vector<ValueId>> AddNode(Node node, const std::vector<std::string>& output_names);
  // The same for nodes the importer makes by itself: one output, a name made from `base`.
  StatusOr<ValueId> AddHelper(const std::string& base, Node node);

  // A node name that is not taken yet, made from `base`.
  std::string UniqueName(const std::string& base) const;

  // Outputs of the graph must be computed by a node even if they are constant.
  void KeepAsNode(const std::string& output_name) { kept_.insert(output_name); }

  // The value with its axes reordered: a Transpose node, or a constant. The same request, and its
  // inverse, are answered with what is there already.
  StatusOr<ValueId> Transpose(ValueId id, const std::vector<int64_t>& permutation);
  // The value with other extents and the same elements: a Reshape node, or a constant.
  StatusOr<ValueId> Reshape(ValueId id, const std::vector<int64_t>& dims);

 private:
  std::shared_ptr<Graph> graph_;
  ImportOptions options_;
  size_t reserved_bytes_ = 0;
  std::unordered_map<std::string, ValueId> names_;
  std::unordered_set<std::string> node_names_;
  std::unordered_set<std::string> kept_;
  std::map<std::pair<ValueId, std::vector<int64_t>>, ValueId> transposed_;
};

// "node 'name' (Type)", for messages.
std::string DescribeNode(const std::string& name, const std::string& type);

}  // namespace mace

#endif  // MACE_IMPORT_BUILDER_H_
