#include "mace/passes/device/merge_products.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace mace {
namespace {

constexpr size_t kMatMulBias = 2;

ValueId BiasOf(const Node& node) {
  return node.inputs.size() > kMatMulBias ? node.inputs[kMatMulBias] : kNoValue;
}

bool Transposes(const Node& node) { return node.attributes.GetInt("transpose_b", 0) != 0; }

// Whether MergedMatMul can compute the node's product.
bool CanMerge(const Graph& graph, const Node& node) {
  if (node.type != "MatMul" || !IsPlain(node) || node.attributes.GetInt("residual", 0) != 0 ||
      node.attributes.GetInt("transpose_a", 0) != 0 || graph.IsConstant(node.inputs[0]) ||
      !graph.IsConstant(node.inputs[1])) {
    return false;
  }
  const Shape& x = graph.value(node.inputs[0]).info.shape;
  const Shape& matrix = graph.value(node.inputs[1]).info.shape;
  if (x.rank() < 2 || matrix.rank() != 2) return false;
  // Views of the merged result begin where a work-item reads four elements at once.
  const int64_t columns = matrix.back(Transposes(node) ? 1 : 0);
  const ValueId bias = BiasOf(node);
  return columns % 4 == 0 &&
         (bias == kNoValue ||
          (graph.IsConstant(bias) && graph.value(bias).info.shape == Shape({columns})));
}

}  // namespace

std::optional<MergedProducts> MergeProducts(const GraphReaders& readers,
                                            const AttentionPattern& pattern) {
  const Graph& graph = readers.graph();
  MergedProducts merged;
  for (ValueId value : {pattern.q.value, pattern.k.value, pattern.v.value}) {
    const int producer = readers.Producer(value);
    if (producer < 0 || readers.SoleReader(value) < 0) return std::nullopt;
    const Node& node = graph.nodes[static_cast<size_t>(producer)];
    if (!CanMerge(graph, node)) return std::nullopt;
    if (merged.parts.empty()) {
      merged.node.inputs = {node.inputs[0]};
      merged.node.attributes.Set("transpose_b", int64_t{Transposes(node)});
    }
    const Node& first = merged.parts.empty() ? node : graph.nodes[merged.parts[0]];
    if (node.inputs[0] != first.inputs[0] || Transposes(node) != Transposes(first)) {
      return std::nullopt;
    }
    merged.node.inputs.push_back(node.inputs[1]);
    merged.node.inputs.push_back(BiasOf(node));
    merged.parts.push_back(static_cast<size_t>(producer));
    merged.widths.push_back(graph.value(value).info.shape.back(0));
  }
  merged.node.type = "MergedMatMul";
  std::vector<int64_t> dims = graph.value(merged.node.inputs[0]).info.shape.dims();
  dims.back() = std::accumulate(merged.widths.begin(), merged.widths.end(), int64_t{0});
  merged.info = {DType::kFloat32, Shape(std::move(dims))};
  return merged;
}

std::optional<StridedView> ViewOfMerged(const StridedView& view, const MergedProducts& merged,
                                        size_t part) {
  const int64_t all = merged.info.shape.back(0), own = merged.widths[part];
  StridedCopy copy;
  copy.input_offset = std::accumulate(
      merged.widths.begin(), merged.widths.begin() + static_cast<int64_t>(part), int64_t{0});
  copy.axes = {{merged.info.shape.elements() / all, all, own}, {own, 1, 1}};
  return ViewOfInput(view, copy);
}

}  // namespace mace
