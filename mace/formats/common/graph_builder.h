// Builds a graph node by node with every shape known at once, for all importers.
//
// Thread contract: thread-compatible.
#ifndef MACE_FORMATS_COMMON_GRAPH_BUILDER_H_
#define MACE_FORMATS_COMMON_GRAPH_BUILDER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "mace/base/keyed_hash.h"
#include "mace/base/status.h"
#include "mace/formats/common/import_budget.h"
#include "mace/formats/common/import_options.h"
#include "mace/graph/fold_budget.h"
#include "mace/graph/graph.h"
#include "mace/graph/unique_names.h"

namespace mace {

inline const std::vector<int64_t> kNchwToNhwc = {0, 2, 3, 1};
inline const std::vector<int64_t> kNhwcToNchw = {0, 3, 1, 2};

class GraphBuilder {
 public:
  // `model_bytes`: the size of the model, which bounds what constants may be expanded to.
  GraphBuilder(const ImportOptions& options, uint64_t model_bytes)
      : graph_(std::make_shared<Graph>()),
        options_(options),
        budget_(options.max_expanded_bytes, model_bytes),
        fold_budget_(model_bytes) {
    graph_->derived = options.derived;
  }

  Graph& graph() { return *graph_; }
  const std::shared_ptr<Graph>& shared_graph() const { return graph_; }
  const ImportOptions& options() const { return options_; }

  // Names of the source's tensors. Define refuses a name that is taken; Find gives kNoValue.
  Status Define(const std::string& name, ValueId id);
  ValueId Find(const std::string& name) const;

  // The shape that the options give an input, by input_shapes, else by dynamic_shapes; null:
  // neither names it.
  const std::vector<int64_t>* GivenShape(const std::string& input) const;

  const Shape& ShapeOf(ValueId id) { return graph_->value(id).info.shape; }
  // The elements of a constant, or of a value that the options know for the run. Null: neither.
  const HostTensor* ConstantOf(ValueId id) const;
  // ConstantOf for elements that decide what is imported, such as a shape. If they are not known,
  // the node waits until a run has given them (mace/formats/common/run_values.h). Null: they are
  // not known, and the converter gives an error. `largest`: if it is not
  // negative, the value is a count from 0 to this.
  const HostTensor* ElementsOf(ValueId id, int64_t largest = -1);
  // Levels of nodes, and what is asked for.
  RunValueTracker& run_values() { return tracker_; }
  // Makes the elements of an input known if the options have them. kInvalidArgument for elements of
  // another type or shape than the input's.
  Status UseRunValue(const std::string& input, ValueId id);
  // What an import gives that ended with `status`: the graph, the nodes before a value that is not
  // known, or the error.
  StatusOr<std::shared_ptr<Graph>> Finish(const Status& status);

  // Constants that are made at import count here.
  ImportBudget& budget() { return budget_; }
  // budget().Expand: counts memory that a constant takes besides the file.
  Status Reserve(const std::string& what, size_t bytes) { return budget_.Expand(what, bytes); }
  // Calls budget().CountStored for weights that are read from a file besides the model's. Constants
  // that are evaluated at import may then take more, too (mace/graph/fold_budget.h).
  Status CountStored(const ByteSource& source, uint64_t offset, uint64_t size);

  // A value of a known shape that the caller gives, with its io. `declared` may have negative
  // extents; ImportOptions::input_shapes goes before it.
  StatusOr<ValueId> AddInput(IoInfo io);

  // Infers `node` (its outputs are added here, under these names) and appends it, unless it could
  // be evaluated within the budget. Values that must stay nodes are named in KeepAsNode. A node
  // name that is taken is kInvalidArgument.
  StatusOr<std::vector<ValueId>> AddNode(Node node, const std::vector<std::string>& output_names);
  // Adds a node that the importer makes by itself: it has one output and a name made from `base`.
  StatusOr<ValueId> AddHelper(const std::string& base, Node node);
  // AddHelper for a node that `base` and `numbers` tell all of.
  StatusOr<ValueId> AddSharedHelper(const std::string& base, const std::vector<int64_t>& numbers,
                                    Node node);

  // A node name that is not taken yet, made from `base`.
  std::string UniqueName(const std::string& base) {
    tracker_.NoteName(base);
    return node_names_.Find(base);
  }

  // Outputs of the graph must be computed by a node even if they are constant.
  void KeepAsNode(const std::string& output_name) { kept_.insert(output_name); }

  // A value of these elements that a node makes: `id` itself, or what an Identity called like `name`
  // makes of an input or a constant. For outputs, which must be results of nodes.
  StatusOr<ValueId> ComputedByNode(const std::string& name, ValueId id);

  // The value with its axes reordered: a Transpose node, or a constant within the budget. A
  // repeated request, or its inverse, gives the value that is there already.
  StatusOr<ValueId> Transpose(ValueId id, const std::vector<int64_t>& permutation);
  // The value with other extents and the same elements: a Reshape node, or a constant.
  StatusOr<ValueId> Reshape(ValueId id, const std::vector<int64_t>& dims);

  // Notes that `result` repeats `source`, of the same rank, along axes where it has one element.
  void NoteBroadcast(ValueId result, ValueId source) { broadcasts_[result] = source; }
  // What such a value repeats; kNoValue for any other.
  ValueId BroadcastSource(ValueId result) const {
    const auto known = broadcasts_.find(result);
    return known == broadcasts_.end() ? kNoValue : known->second;
  }

 private:
  std::shared_ptr<Graph> graph_;
  ImportOptions options_;
  ImportBudget budget_;
  FoldBudget fold_budget_;
  NameMap<ValueId> names_;
  UniqueNames node_names_;
  NameSet kept_;
  std::unordered_set<ValueId> inputs_;  // The inputs of the graph.
  std::map<std::pair<ValueId, std::vector<int64_t>>, ValueId> transposed_;
  std::unordered_map<ValueId, ValueId> broadcasts_;
  RunValueTracker tracker_{options_.run_values};
  std::unordered_map<ValueId, ValueId> known_;  // The constants of values that only a run gives.
};

// "node 'name' (Type)", for messages.
std::string DescribeNode(const std::string& name, const std::string& type);

}  // namespace mace

#endif  // MACE_FORMATS_COMMON_GRAPH_BUILDER_H_
