#include "mace/passes/fold_pad.h"

#include <optional>
#include <vector>

#include "mace/ops/window.h"
#include "mace/passes/graph_editor.h"

namespace mace {

namespace {

constexpr int64_t kPadConstant = 0;

struct Margins {
  int64_t top = 0, left = 0, bottom = 0, right = 0;
};

// The margins that a Pad puts around H and W, where it writes zeros and does nothing else.
std::optional<Margins> ReadMargins(const Graph& graph, const Node& node) {
  if (node.type != "Pad" || node.inputs.empty() || node.outputs.size() != 1) return std::nullopt;
  if (node.attributes.GetInt("pad_type", kPadConstant) != kPadConstant ||
      node.attributes.GetFloat("constant_value", 0) != 0) {
    return std::nullopt;
  }
  std::vector<int64_t> paddings = node.attributes.GetInts("paddings");
  if (node.inputs.size() == 2 && paddings.empty() && graph.IsConstant(node.inputs[1])) {
    paddings = ToInt64Vector(*graph.value(node.inputs[1]).constant);
  } else if (node.inputs.size() > 1) {
    return std::nullopt;
  }
  if (paddings.size() != 8) return std::nullopt;  // Pairs of N, H, W, C.
  for (size_t i = 0; i < paddings.size(); ++i) {
    const bool spatial = i >= 2 && i < 6;
    if (paddings[i] < 0 || paddings[i] > WindowAttributes::kMaxNumber) return std::nullopt;
    if (!spatial && paddings[i] != 0) return std::nullopt;
  }
  return Margins{paddings[2], paddings[4], paddings[3], paddings[5]};
}

// The margins and the node's own padding as `pads`. The node's padding may follow from the padded
// extents (SAME), so it is worked out for these shapes; nullopt where the result would differ.
std::optional<std::vector<int64_t>> JoinPads(const Graph& graph, const Node& node,
                                             const Shape& source, const Margins& margins) {
  const Value &padded = graph.value(node.inputs[0]), &filter = graph.value(node.inputs[1]);
  if (!padded.shape_known || padded.info.shape.rank() != 4 || source.rank() != 4 ||
      !filter.shape_known || filter.info.shape.rank() != 4) {
    return std::nullopt;
  }
  const int64_t kernel_h = filter.info.shape.dim(2), kernel_w = filter.info.shape.dim(3);
  const auto attributes = WindowAttributes::Parse(node.attributes);
  if (!attributes.ok()) return std::nullopt;
  const auto before =
      attributes->Slide(padded.info.shape.dim(1), padded.info.shape.dim(2), kernel_h, kernel_w);
  if (!before.ok()) return std::nullopt;
  const std::vector<int64_t> pads = {
      before->h.pad_before + margins.top, before->w.pad_before + margins.left,
      before->h.pad_after + margins.bottom, before->w.pad_after + margins.right};
  AttributeMap joined = node.attributes;
  joined.Set("pads", pads);
  const auto after_attributes = WindowAttributes::Parse(joined);
  if (!after_attributes.ok()) return std::nullopt;
  const auto after = after_attributes->Slide(source.dim(1), source.dim(2), kernel_h, kernel_w);
  if (!after.ok() || after->h.out != before->h.out || after->w.out != before->w.out) {
    return std::nullopt;
  }
  return pads;
}

// Whether the node took in the Pad before it; then there may be another.
bool FoldInto(GraphEditor* editor, int index) {
  const Node& node = editor->node(index);
  if ((node.type != "Conv2D" && node.type != "DepthwiseConv2d") || node.inputs.size() < 2)
    return false;
  const int producer = editor->Producer(node.inputs[0]);
  if (producer < 0 || node.inputs[1] == kNoValue) return false;
  const auto margins = ReadMargins(editor->graph(), editor->node(producer));
  if (!margins) return false;
  const ValueId source = editor->node(producer).inputs[0];
  const Value& unpadded = editor->graph().value(source);
  if (!unpadded.shape_known) return false;
  const auto pads = JoinPads(editor->graph(), node, unpadded.info.shape, *margins);
  if (!pads) return false;
  std::vector<ValueId> inputs = node.inputs;
  inputs[0] = source;
  editor->SetInputs(index, std::move(inputs));
  editor->node(index).attributes.Set("pads", *pads);
  return true;
}

// A Pad that reads another one pads by the sum of both.
void JoinPadBefore(GraphEditor* editor, int index) {
  const auto margins = ReadMargins(editor->graph(), editor->node(index));
  if (!margins) return;
  const int producer = editor->Producer(editor->node(index).inputs[0]);
  if (producer < 0) return;
  const auto before = ReadMargins(editor->graph(), editor->node(producer));
  if (!before) return;
  const std::vector<int64_t> paddings = {0,
                                         0,
                                         margins->top + before->top,
                                         margins->bottom + before->bottom,
                                         margins->left + before->left,
                                         margins->right + before->right,
                                         0,
                                         0};
  for (int64_t padding : paddings) {
    if (padding > WindowAttributes::kMaxNumber) return;
  }
  editor->SetInputs(index, {editor->node(producer).inputs[0]});
  editor->node(index).attributes.Set("paddings", paddings);
}

}  // namespace

Status FoldPad(Graph* graph) {
  GraphEditor editor(graph);
  for (int i = 0; i < editor.node_count(); ++i) {
    // In the order of the graph, so that a chain of Pads is one when the first convolution reads
    // it.
    JoinPadBefore(&editor, i);
    while (FoldInto(&editor, i)) {
    }
  }
  editor.Finish();
  return Status::Ok();
}

}  // namespace mace
