#include "mace/passes/simplify_gather.h"

#include <optional>
#include <utility>
#include <vector>

#include "mace/passes/graph_editor.h"

namespace mace {
namespace {

// The StridedSlice in place of the Gather; nullopt where it has another index than a constant one.
std::optional<Node> SliceOf(const Graph& graph, const Node& gather) {
  const Value& x = graph.value(gather.inputs[0]);
  if (!x.shape_known || graph.IsConstant(gather.inputs[0]) || !graph.IsConstant(gather.inputs[1])) {
    return std::nullopt;
  }
  const HostTensor& indices = *graph.value(gather.inputs[1]).constant;
  if (indices.shape().rank() > 1 || indices.shape().elements() != 1) return std::nullopt;
  const Shape& shape = x.info.shape;
  const int64_t axis = gather.attributes.GetInt("axis", 0);
  const int64_t place = axis < 0 ? axis + shape.rank() : axis;
  if (place < 0 || place >= shape.rank()) return std::nullopt;
  const int64_t extent = shape.dim(static_cast<int>(place));
  int64_t index = ToInt64Vector(indices)[0];
  if (index < 0) index += extent;
  if (index < 0 || index >= extent) return std::nullopt;
  Node slice;
  slice.name = gather.name;
  slice.type = "StridedSlice";
  slice.inputs = {gather.inputs[0]};
  slice.outputs = gather.outputs;
  std::vector<int64_t> begin(static_cast<size_t>(place) + 1, 0);
  begin.back() = index;
  std::vector<int64_t> end = begin;
  end.back() = index + 1;
  slice.attributes.Set("begin", std::move(begin));
  slice.attributes.Set("end", std::move(end));
  // The axes before it are whole.
  const int64_t whole = (int64_t{1} << place) - 1;
  slice.attributes.Set("begin_mask", whole);
  slice.attributes.Set("end_mask", whole);
  if (indices.shape().rank() == 0) {
    slice.attributes.Set("shrink_axis_mask", int64_t{1} << place);
  }
  return slice;
}

}  // namespace

Status SimplifyGather(Graph* graph) {
  GraphEditor editor(graph);
  for (int i = 0; i < editor.node_count(); ++i) {
    if (editor.removed(i) || editor.node(i).type != "Gather") continue;
    const std::optional<Node> slice = SliceOf(editor.graph(), editor.node(i));
    if (!slice.has_value()) continue;
    editor.SetInputs(i, slice->inputs);
    editor.node(i).type = slice->type;
    editor.node(i).attributes = slice->attributes;
  }
  editor.Finish();
  return Status::Ok();
}

}  // namespace mace
