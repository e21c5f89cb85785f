#include "mace/formats/mace/export_dequantized.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "mace/formats/common/graph_builder.h"
#include "mace/graph/output_marks.h"
#include "mace/ops/elementwise/dequantize.h"

namespace mace {
namespace {

bool IsDequantized(const Graph& graph, const Node& node) {
  return node.type == "Dequantize" &&
         std::all_of(node.inputs.begin(), node.inputs.end(),
                     [&](ValueId id) { return id == kNoValue || graph.IsConstant(id); });
}

}  // namespace

bool HasDequantized(const Graph& graph) {
  return std::any_of(graph.nodes.begin(), graph.nodes.end(),
                     [&](const Node& node) { return IsDequantized(graph, node); });
}

StatusOr<Graph> EvaluateDequantized(const Graph& graph) {
  Graph plain = graph;
  plain.nodes.clear();
  const std::vector<std::vector<int>> readers = graph.Consumers();
  const OutputMarks outputs(graph);
  for (const Node& node : graph.nodes) {
    if (!IsDequantized(graph, node)) {
      plain.nodes.push_back(node);
      continue;
    }
    const ValueId result = node.outputs[0];
    if (readers[static_cast<size_t>(result)].empty() && !outputs.IsOutput(result)) continue;
    StatusOr<HostTensor> floats = EvaluateDequantize(graph, node);
    if (!floats.ok()) return floats.status().WithPrefix(DescribeNode(node.name, node.type));
    plain.value(result).constant = *std::move(floats);
  }
  return plain;
}

}  // namespace mace
