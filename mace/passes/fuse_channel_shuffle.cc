#include "mace/passes/fuse_channel_shuffle.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "mace/passes/graph_editor.h"

namespace mace {

namespace {

bool IsLastAxis(int64_t axis, const Shape& shape) { return axis == -1 || axis == shape.rank() - 1; }

bool IsPlain(const Node& node) {
  return node.type == "ChannelShuffle" && node.inputs.size() == 1 && node.outputs.size() == 1 &&
         node.inputs[0] != kNoValue;
}

// The shuffle's input is two groups of one shape that nothing else reads joined.
void TakeInConcat(GraphEditor* editor, int shuffle) {
  const ValueId x = editor->node(shuffle).inputs[0];
  const int concat = editor->Producer(x);
  if (concat < 0 || editor->SoleReader(x) != shuffle) return;
  const Node& node = editor->node(concat);
  const Graph& graph = editor->graph();
  if (node.type != "Concat" || node.inputs.size() != 2 ||
      editor->node(shuffle).attributes.GetInt("group", 1) != 2 ||
      !IsLastAxis(node.attributes.GetInt("axis", -1), graph.value(x).info.shape)) {
    return;
  }
  for (ValueId id : node.inputs) {
    if (id == kNoValue || graph.IsConstant(id)) return;
  }
  const TensorInfo &a = graph.value(node.inputs[0]).info, &b = graph.value(node.inputs[1]).info;
  if (a.shape != b.shape || a.dtype != b.dtype) return;
  std::vector<ValueId> inputs = node.inputs;
  editor->SetInputs(shuffle, std::move(inputs));
  editor->Remove(concat);
}

// The two parts that the last axis of a value is cut into.
struct Cut {
  std::vector<int> nodes;  // The nodes that make them; one where a Split makes both.
  std::vector<ValueId> parts;
  int64_t first = 0;  // Channels of the first part.
};

// Where a Slice of the last axis alone begins; nullopt for any other node.
std::optional<int64_t> BeginOfSlice(const Graph& graph, const Node& node) {
  const auto axes = node.attributes.GetInts("axes"), starts = node.attributes.GetInts("starts");
  const auto steps = node.attributes.GetInts("steps");
  if (node.type != "Slice" || node.inputs.size() != 1 || axes.size() != 1 || starts.size() != 1 ||
      (!steps.empty() && steps != std::vector<int64_t>{1})) {
    return std::nullopt;
  }
  const Shape& x = graph.value(node.inputs[0]).info.shape;
  if (!IsLastAxis(axes[0], x)) return std::nullopt;
  return starts[0] < 0 ? starts[0] + x.back(0) : starts[0];
}

std::optional<Cut> FindSlices(const GraphEditor& editor, ValueId y) {
  const Graph& graph = editor.graph();
  const std::vector<int>& readers = editor.Readers(y);
  if (readers.size() != 2 || editor.IsGraphOutput(y)) return std::nullopt;
  const auto begin0 = BeginOfSlice(graph, editor.node(readers[0]));
  const auto begin1 = BeginOfSlice(graph, editor.node(readers[1]));
  if (!begin0 || !begin1) return std::nullopt;
  Cut cut;
  cut.nodes = {readers[0], readers[1]};
  if (*begin1 < *begin0) std::swap(cut.nodes[0], cut.nodes[1]);
  for (int node : cut.nodes) cut.parts.push_back(editor.node(node).outputs[0]);
  cut.first = std::max(*begin0, *begin1);
  const int64_t all = graph.value(y).info.shape.back(0);
  const bool is_all = std::min(*begin0, *begin1) == 0 && cut.first > 0 && cut.first < all &&
                      graph.value(cut.parts[0]).info.shape.back(0) == cut.first &&
                      graph.value(cut.parts[1]).info.shape.back(0) == all - cut.first;
  return is_all ? std::optional<Cut>(cut) : std::nullopt;
}

std::optional<Cut> FindSplit(const GraphEditor& editor, ValueId y) {
  const int reader = editor.SoleReader(y);
  if (reader < 0) return std::nullopt;
  const Node& node = editor.node(reader);
  const Graph& graph = editor.graph();
  if (node.type != "Split" || node.outputs.size() != 2 || node.inputs.size() != 1 ||
      !IsLastAxis(node.attributes.GetInt("axis", -1), graph.value(y).info.shape)) {
    return std::nullopt;
  }
  Cut cut;
  cut.nodes = {reader};
  cut.parts = node.outputs;
  cut.first = graph.value(node.outputs[0]).info.shape.back(0);
  const bool both = cut.first > 0 && graph.value(node.outputs[1]).info.shape.back(0) > 0;
  return both ? std::optional<Cut>(cut) : std::nullopt;
}

void TakeInCut(GraphEditor* editor, int shuffle) {
  const ValueId y = editor->node(shuffle).outputs[0];
  std::optional<Cut> cut = FindSlices(*editor, y);
  if (!cut) cut = FindSplit(*editor, y);
  if (!cut) return;
  for (int node : cut->nodes) editor->Remove(node);
  editor->SetOutputs(shuffle, cut->parts);
  editor->node(shuffle).attributes.Set("split", cut->first);
}

}  // namespace

Status FuseChannelShuffle(Graph* graph) {
  GraphEditor editor(graph);
  for (int i = 0; i < editor.node_count(); ++i) {
    if (editor.removed(i) || !IsPlain(editor.node(i))) continue;
    TakeInConcat(&editor, i);
    TakeInCut(&editor, i);
  }
  editor.Finish();
  return Status::Ok();
}

}  // namespace mace
