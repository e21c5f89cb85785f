#include "mace/passes/fuse_elementwise.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "mace/kernel/layout.h"
#include "mace/ops/elementwise/elementwise_lowering.h"
#include "mace/ops/op.h"
#include "mace/passes/graph_editor.h"

namespace mace {

namespace {

// Numbers and tensors; a text of more is no faster than two of half.
constexpr size_t kMaxSteps = 24;
constexpr size_t kMaxInputs = 24;

bool IsNumber(const Graph& graph, ValueId id) {
  return id != kNoValue && graph.value(id).shape_known &&
         DeviceElementOf(graph.value(id).info.dtype) == DeviceElement::kNumber;
}

// How many steps a kernel has for the node; -1 where it cannot be part of one.
int CountSteps(const Graph& graph, Node* counted) {
  const Node& node = *counted;
  if (node.outputs.size() != 1 || !IsNumber(graph, node.outputs[0]) || !node.steps.empty()) {
    return -1;
  }
  std::vector<ElementOperand> operands;
  for (ValueId id : node.inputs) {
    if (!IsNumber(graph, id)) return -1;
    operands.push_back({"x", graph.value(id).info.dtype});
  }
  const StatusOr<std::shared_ptr<const Op>> op = OpOf(counted);
  ElementText text;
  if (!op.ok() || (*op)->WriteElement(operands, &text).empty()) return -1;
  return text.step_count();
}

// The nodes that become one: a last one, and others that only these read.
class Group {
 public:
  Group(GraphEditor* editor, const std::vector<int>& steps, int last)
      : editor_(*editor), steps_(steps), nodes_{last}, inputs_(Distinct(editor->node(last))) {}

  // Takes in what feeds the group, nearest first: by then all that reads a node was looked at.
  void Grow() {
    // Each node that is taken leaves at most one input less.
    if (inputs_.size() > kMaxInputs + 1) return;
    std::set<int> feeding;
    const auto add_makers = [&](const Node& node) {
      for (ValueId id : node.inputs) {
        if (editor_.Producer(id) >= 0) feeding.insert(editor_.Producer(id));
      }
    };
    add_makers(editor_.node(nodes_[0]));
    while (!feeding.empty()) {
      const int nearest = *feeding.rbegin();
      feeding.erase(nearest);
      if (!CanTake(nearest)) continue;
      add_makers(editor_.node(nearest));
      Take(nearest);
    }
  }

  // Whether there is a launch less to win.
  bool IsWorthIt() const {
    return std::count_if(nodes_.begin(), nodes_.end(),
                         [&](int i) { return steps_[static_cast<size_t>(i)] > 0; }) > 1;
  }

  void Fuse();
  const std::vector<int>& nodes() const { return nodes_; }

 private:
  static std::vector<ValueId> Distinct(const Node& node) {
    std::vector<ValueId> ids;
    std::set<ValueId> seen;
    for (ValueId id : node.inputs) {
      if (seen.insert(id).second) ids.push_back(id);
    }
    return ids;
  }

  const Shape& shape() const {
    return editor_.graph().value(editor_.node(nodes_[0]).outputs[0]).info.shape;
  }

  // Inputs of the group with the node in it.
  std::vector<ValueId> InputsWith(int index) const {
    std::vector<ValueId> inputs = inputs_;
    inputs.erase(std::find(inputs.begin(), inputs.end(), editor_.node(index).outputs[0]));
    for (ValueId id : Distinct(editor_.node(index))) {
      if (std::find(inputs.begin(), inputs.end(), id) == inputs.end()) inputs.push_back(id);
    }
    return inputs;
  }

  bool CanTake(int index) const;
  void Take(int index) {
    inputs_ = InputsWith(index);
    nodes_.push_back(index);
  }

  GraphEditor& editor_;
  const std::vector<int>& steps_;
  std::vector<int> nodes_;  // The last one first.
  std::vector<ValueId> inputs_;
};

bool Group::CanTake(int index) const {
  if (editor_.removed(index) || steps_[static_cast<size_t>(index)] < 0) return false;
  if (editor_.node(index).inputs.size() > kMaxInputs) return false;
  const Graph& graph = editor_.graph();
  const ValueId result = editor_.node(index).outputs[0];
  if (std::find(inputs_.begin(), inputs_.end(), result) == inputs_.end()) return false;
  if (editor_.IsGraphOutput(result) || graph.value(result).info.shape != shape()) return false;
  for (int reader : editor_.Readers(result)) {
    if (std::find(nodes_.begin(), nodes_.end(), reader) == nodes_.end()) return false;
  }
  const std::vector<ValueId> inputs = InputsWith(index);
  const auto in_memory = std::count_if(inputs.begin(), inputs.end(), [&](ValueId id) {
    return !graph.IsConstant(id) || graph.value(id).info.shape.elements() > 1;
  });
  return nodes_.size() < kMaxSteps && inputs.size() <= kMaxInputs &&
         static_cast<size_t>(in_memory) <= kMaxElementwiseOperands;
}

// The last node becomes the group.
void Group::Fuse() {
  const Graph& graph = editor_.graph();
  // Inputs with the result's own shape come first, because the kernel may write over them.
  std::stable_partition(inputs_.begin(), inputs_.end(), [&](ValueId id) {
    return !graph.IsConstant(id) && graph.value(id).info.shape == shape();
  });
  std::map<ValueId, ValueId> local;
  for (ValueId id : inputs_) local.emplace(id, static_cast<ValueId>(local.size()));
  std::sort(nodes_.begin(), nodes_.end());
  Node fused;
  for (int index : nodes_) {
    Node step = editor_.node(index);
    local.emplace(step.outputs[0], static_cast<ValueId>(local.size()));
    for (ValueId& id : step.inputs) id = local.at(id);
    step.outputs = {local.at(step.outputs[0])};
    fused.steps.push_back(std::move(step));
  }
  const int last = nodes_.back();
  nodes_.pop_back();
  for (int index : nodes_) editor_.Remove(index);
  editor_.node(last).type = "FusedElementwise";
  editor_.node(last).attributes = AttributeMap();
  editor_.node(last).steps = std::move(fused.steps);
  editor_.SetInputs(last, inputs_);
}

}  // namespace

Status FuseElementwise(Graph* graph) {
  GraphEditor editor(graph);
  std::vector<int> steps;
  for (int i = 0; i < editor.node_count(); ++i) {
    steps.push_back(CountSteps(*graph, &editor.node(i)));
  }
  for (int i = editor.node_count() - 1; i >= 0; --i) {
    if (editor.removed(i) || steps[static_cast<size_t>(i)] < 0) continue;
    Group group(&editor, steps, i);
    group.Grow();
    if (group.IsWorthIt()) group.Fuse();
  }
  editor.Finish();
  return Status::Ok();
}

}  // namespace mace
