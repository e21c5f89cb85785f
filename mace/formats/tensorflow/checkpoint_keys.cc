#include "mace/formats/tensorflow/checkpoint_keys.h"

#include <optional>
#include <utility>
#include <vector>

#include "mace/formats/tensorflow/functions.h"
#include "mace/formats/tensorflow/graph.h"

namespace mace {
namespace {

constexpr int kMaxSteps = 8;  // Nodes that only hand a value on.
constexpr int kMaxDepth = 8;  // Of calls.

bool HandsOn(const std::string& op) {
  return op == "Identity" || op == "Cast" || op == "Reshape" || op == "IdentityN";
}

class KeyFinder {
 public:
  explicit KeyFinder(const tf::GraphDef& def) : functions_(def.library()) {}

  // `variables`: by node of this graph, the variable of the main graph.
  void Search(const TfGraph& graph, const std::map<size_t, std::string>& variables, int depth) {
    for (size_t i = 0; i < graph.size(); ++i) {
      const std::string& op = graph.node(i).op();
      const std::vector<TfTensorRef>& inputs = graph.inputs(i);
      if ((op == "AssignVariableOp" || op == "Assign") && inputs.size() == 2) {
        const std::optional<std::string> variable = VariableOf(graph, inputs[0], variables);
        const std::optional<std::string> key = KeyOf(graph, inputs[1]);
        if (variable && key) keys_.emplace(*variable, *key);
      }
      if (op == "PartitionedCall" || op == "StatefulPartitionedCall") {
        SearchCall(graph, i, variables, depth);
      }
    }
  }

  std::map<std::string, std::string> keys() && { return std::move(keys_); }

 private:
  static std::optional<std::string> VariableOf(const TfGraph& graph, TfTensorRef ref,
                                               const std::map<size_t, std::string>& variables) {
    for (int step = 0; step < kMaxSteps; ++step) {
      const auto found = variables.find(ref.node);
      if (found != variables.end()) return found->second;
      if (!HandsOn(graph.node(ref.node).op()) || graph.inputs(ref.node).empty()) break;
      ref = graph.inputs(ref.node)[0];
    }
    return std::nullopt;
  }

  // The key of an output of RestoreV2, whose inputs are prefix, keys, slices.
  static std::optional<std::string> KeyOf(const TfGraph& graph, TfTensorRef ref) {
    for (int step = 0; step < kMaxSteps; ++step) {
      const tf::NodeDef& node = graph.node(ref.node);
      const std::vector<TfTensorRef>& inputs = graph.inputs(ref.node);
      if (node.op() == "RestoreV2" && inputs.size() == 3) {
        const tf::NodeDef& names = graph.node(inputs[1].node);
        const auto value = names.attr().find("value");
        if (names.op() != "Const" || value == names.attr().end()) return std::nullopt;
        const tf::TensorProto& list = value->second.tensor();
        if (ref.port >= list.string_val_size()) return std::nullopt;
        return list.string_val(ref.port);
      }
      if (!HandsOn(node.op()) || inputs.empty()) break;
      ref = inputs[node.op() == "IdentityN" ? static_cast<size_t>(ref.port) % inputs.size() : 0];
    }
    return std::nullopt;
  }

  void SearchCall(const TfGraph& graph, size_t index,
                  const std::map<size_t, std::string>& variables, int depth) {
    const auto name = graph.node(index).attr().find("f");
    if (depth >= kMaxDepth || name == graph.node(index).attr().end()) return;
    const StatusOr<const TfFunction*> function = functions_.Find(name->second.func());
    if (!function.ok()) return;
    // A function that restores has RestoreV2 itself; others are not gone through.
    bool restores = false;
    for (const tf::NodeDef& node : (*function)->def.node()) {
      restores = restores || node.op() == "RestoreV2" || node.op() == "PartitionedCall" ||
                 node.op() == "StatefulPartitionedCall";
    }
    if (!restores || ++calls_ > kMaxCalls) return;
    std::map<size_t, std::string> inside;
    const std::vector<TfTensorRef>& inputs = graph.inputs(index);
    for (size_t i = 0; i < inputs.size() && i < (*function)->arguments; ++i) {
      const std::optional<std::string> variable = VariableOf(graph, inputs[i], variables);
      if (variable) inside[i] = *variable;
    }
    Search(*(*function)->graph, inside, depth + 1);
  }

  static constexpr int kMaxCalls = 1000;

  TfFunctions functions_;
  std::map<std::string, std::string> keys_;
  int calls_ = 0;
};

}  // namespace

std::map<std::string, std::string> FindCheckpointKeys(const tf::GraphDef& def) {
  const StatusOr<TfGraph> graph = TfGraph::Make(def);
  if (!graph.ok()) return {};
  std::map<size_t, std::string> variables;
  for (size_t i = 0; i < graph->size(); ++i) {
    const std::string& op = graph->node(i).op();
    if (op == "VarHandleOp" || op == "VariableV2" || op == "Variable") {
      variables[i] = graph->node(i).name();
    }
  }
  KeyFinder finder(def);
  finder.Search(*graph, variables, 0);
  return std::move(finder).keys();
}

}  // namespace mace
