#include "mace/passes/recognize_channel_shuffle.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mace/passes/graph_editor.h"
#include "mace/passes/permutation.h"

namespace mace {

namespace {

// The three nodes, and what they do.
struct Shuffle {
  int split = -1;  // The Reshape from x.
  int transpose = -1;
  ValueId x = kNoValue;
  int axis = 0;  // The channel axis of x.
  int64_t groups = 1;
};

// The permutation that swaps `axis` and the one behind it.
Permutation SwapAt(int axis, int rank) {
  Permutation p(rank);
  for (int i = 0; i < rank; ++i) p[i] = i;
  std::swap(p[axis], p[axis + 1]);
  return p;
}

// Where x's extents become those of `split` by cutting one axis into two: that axis.
std::optional<int> SplitAxis(const Shape& x, const Shape& split) {
  if (split.rank() != x.rank() + 1) return std::nullopt;
  int axis = 0;
  while (axis < x.rank() && x.dim(axis) == split.dim(axis)) ++axis;
  if (axis == x.rank() || x.dim(axis) != split.dim(axis) * split.dim(axis + 1)) {
    return std::nullopt;
  }
  for (int i = axis + 1; i < x.rank(); ++i) {
    if (x.dim(i) != split.dim(i + 1)) return std::nullopt;
  }
  return axis;
}

// The producer of the node's first input where nothing else reads it and it is of that type.
int ProducerOfType(const GraphEditor& editor, int reader, const char* type) {
  const Node& node = editor.node(reader);
  if (node.inputs.empty() || node.inputs[0] == kNoValue || node.outputs.size() != 1) return -1;
  const int producer = editor.Producer(node.inputs[0]);
  if (producer < 0 || editor.SoleReader(node.inputs[0]) != reader) return -1;
  return editor.node(producer).type == type ? producer : -1;
}

std::optional<Shuffle> FindShuffle(const GraphEditor& editor, int join) {
  const Graph& graph = editor.graph();
  if (editor.node(join).type != "Reshape") return std::nullopt;
  Shuffle found;
  found.transpose = ProducerOfType(editor, join, "Transpose");
  if (found.transpose < 0) return std::nullopt;
  found.split = ProducerOfType(editor, found.transpose, "Reshape");
  if (found.split < 0 || editor.node(found.split).inputs[0] == kNoValue) return std::nullopt;
  found.x = editor.node(found.split).inputs[0];
  const Value &x = graph.value(found.x), &y = graph.value(editor.node(join).outputs[0]);
  const Value& split = graph.value(editor.node(found.split).outputs[0]);
  if (!x.shape_known || !y.shape_known || !split.shape_known || x.info.shape != y.info.shape) {
    return std::nullopt;
  }
  const auto axis = SplitAxis(x.info.shape, split.info.shape);
  const auto p = ReadTranspose(graph, editor.node(found.transpose));
  if (!axis || !p || *p != SwapAt(*axis, split.info.shape.rank())) return std::nullopt;
  found.axis = *axis;
  found.groups = split.info.shape.dim(*axis);
  return found;
}

void MakeNode(Node* node, const char* type, const char* attribute, Attribute value) {
  node->type = type;
  node->attributes = AttributeMap();
  node->attributes.Set(attribute, std::move(value));
}

// The three nodes stay three: to NHWC, the shuffle, and back.
void ShuffleBetweenTransposes(GraphEditor* editor, int join, const Shuffle& found) {
  const Permutation to_nhwc = {0, 2, 3, 1}, to_nchw = {0, 3, 1, 2};
  const TensorInfo info = editor->graph().value(found.x).info;
  const TensorInfo moved = {info.dtype, Permute(info.shape, to_nhwc)};
  const std::string name = editor->node(join).name;
  const ValueId nhwc = editor->AddValue(name + "/nhwc", moved);
  const ValueId shuffled = editor->AddValue(name + "/shuffled", moved);
  MakeNode(&editor->node(found.split), "Transpose", "dims", to_nhwc);
  MakeNode(&editor->node(found.transpose), "ChannelShuffle", "group", found.groups);
  MakeNode(&editor->node(join), "Transpose", "dims", to_nchw);
  editor->SetInputs(found.split, {found.x});
  editor->SetOutput(found.split, nhwc);
  editor->SetInputs(found.transpose, {nhwc});
  editor->SetOutput(found.transpose, shuffled);
  editor->SetInputs(join, {shuffled});
}

void Rewrite(GraphEditor* editor, int join, const Shuffle& found) {
  const int rank = editor->graph().value(found.x).info.shape.rank();
  if (found.axis == rank - 1) {
    MakeNode(&editor->node(join), "ChannelShuffle", "group", found.groups);
    editor->SetInputs(join, {found.x});
    editor->Remove(found.transpose);
    editor->Remove(found.split);
  } else if (found.axis == 1 && rank == 4) {
    ShuffleBetweenTransposes(editor, join, found);
  }
}

}  // namespace

Status RecognizeChannelShuffle(Graph* graph) {
  GraphEditor editor(graph);
  for (int i = 0; i < editor.node_count(); ++i) {
    if (editor.removed(i)) continue;
    if (const auto found = FindShuffle(editor, i)) Rewrite(&editor, i, *found);
  }
  editor.Finish();
  return Status::Ok();
}

}  // namespace mace
