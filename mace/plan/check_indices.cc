#include "mace/plan/check_indices.h"

#include <algorithm>
#include <map>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "mace/base/keyed_hash.h"
#include "mace/ops/infer.h"

namespace mace {
namespace {

bool ChoosesByIndices(const Node& node) {
  return node.type == "Gather" || node.type == "GatherElements";
}

// The extent of the axis that the node's indices refer to; 0 if its attributes do not say it.
int64_t ExtentOf(const Graph& graph, const Node& node) {
  const Shape& shape = graph.value(node.inputs[0]).info.shape;
  int64_t axis = node.attributes.GetInt("axis", 0);
  if (axis < 0) axis += shape.rank();
  return axis >= 0 && axis < shape.rank() ? shape[static_cast<int>(axis)] : 0;
}

// Whether the node passes on the elements of its first input.
bool Moves(const Node& node) {
  static const auto* const kTypes = new std::unordered_set<std::string>{
      "Cast",    "ExpandDims",   "Identity", "Reshape",   "Slice",
      "Squeeze", "StridedSlice", "Tile",     "Transpose", "Unsqueeze"};
  return kTypes->count(node.type) > 0;
}

// Whether `maker` can only make indices below `extent`.
bool StaysBelow(const Graph& graph, const Node& maker, int64_t extent) {
  if (maker.type == "NormalizeIndices") {
    const std::vector<int64_t> extents = maker.attributes.GetInts("extents");
    return std::all_of(extents.begin(), extents.end(),
                       [&](int64_t other) { return other <= extent; });
  }
  if (maker.type != "ArgMax" && maker.type != "TopK") return false;
  const Shape& shape = graph.value(maker.inputs[0]).info.shape;
  int64_t axis = maker.attributes.GetInt("axis", maker.type == "TopK" ? -1 : 0);
  if (axis < 0) axis += shape.rank();
  return axis >= 0 && axis < shape.rank() && shape[static_cast<int>(axis)] <= extent;
}

// Inserts the checks into the graph.
class IndexChecker {
 public:
  explicit IndexChecker(Graph* graph)
      : graph_(*graph), producers_(graph->Producers()), makers_(producers_) {
    for (const Node& node : graph_.nodes) {
      names_.insert(node.name);
      if (!Moves(node) || node.inputs.empty()) continue;
      const ValueId from = node.inputs[0];
      if (from == kNoValue || graph_.IsConstant(from)) continue;
      for (ValueId id : node.outputs) {
        makers_[static_cast<size_t>(id)] = makers_[static_cast<size_t>(from)];
      }
    }
  }

  Status Run() {
    // Extents are found before nodes move.
    std::vector<int64_t> extents;
    for (const Node& node : graph_.nodes) extents.push_back(ExtentToCheck(node));
    std::vector<Node> nodes;
    nodes.reserve(graph_.nodes.size());
    for (size_t n = 0; n < extents.size(); ++n) {
      Node& node = graph_.nodes[n];
      if (extents[n] > 0) {
        MACE_ASSIGN_OR_RETURN(node.inputs[1], Checked(node, extents[n], &nodes));
      }
      nodes.push_back(std::move(node));
    }
    graph_.nodes = std::move(nodes);
    return Status::Ok();
  }

 private:
  // 0 if nothing has to be checked.
  int64_t ExtentToCheck(const Node& node) const {
    if (!ChoosesByIndices(node) || node.inputs.size() < 2 || node.inputs[1] == kNoValue) return 0;
    const ValueId indices = node.inputs[1];
    if (graph_.IsConstant(indices)) return 0;  // Already checked when shapes were inferred.
    // Indices from the caller into a constant stay on the host, where the op checks them.
    const bool of_caller = producers_[static_cast<size_t>(indices)] < 0;
    if (of_caller && graph_.IsConstant(node.inputs[0])) return 0;
    const int maker = makers_[static_cast<size_t>(indices)];
    const int64_t extent = ExtentOf(graph_, node);
    const bool stays =
        maker >= 0 && StaysBelow(graph_, graph_.nodes[static_cast<size_t>(maker)], extent);
    return stays ? 0 : extent;
  }

  // The checked indices of `node`; appends the node that makes them to `nodes`.
  StatusOr<ValueId> Checked(const Node& node, int64_t extent, std::vector<Node>* nodes) {
    const ValueId indices = node.inputs[1];
    const auto [known, fresh] = checked_.emplace(std::make_pair(indices, extent), kNoValue);
    if (!fresh) return known->second;
    Node check;
    check.name = node.name + "/indices";
    for (int i = 1; !names_.insert(check.name).second; ++i) {
      check.name = node.name + "/indices_" + std::to_string(i);
    }
    check.type = "NormalizeIndices";
    check.inputs = {indices};
    check.attributes.Set("extents", std::vector<int64_t>{extent});
    check.outputs = {graph_.AddValue(check.name)};
    known->second = check.outputs[0];
    MACE_RETURN_IF_ERROR(InferNode(&graph_, &check, nullptr).status());
    nodes->push_back(std::move(check));
    return known->second;
  }

  Graph& graph_;
  const std::vector<int> producers_;
  // By value: the node that computed its numbers, even if other nodes moved them; -1: the caller.
  std::vector<int> makers_;
  NameSet names_;
  std::map<std::pair<ValueId, int64_t>, ValueId> checked_;  // By indices and extent.
};

}  // namespace

Status CheckIndices(Graph* graph) { return IndexChecker(graph).Run(); }

}  // namespace mace
