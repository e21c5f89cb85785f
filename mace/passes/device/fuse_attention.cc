#include "mace/passes/device/fuse_attention.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "mace/graph/output_marks.h"
#include "mace/ops/attention/attention.h"
#include "mace/passes/device/attention_pattern.h"
#include "mace/passes/device/merge_products.h"
#include "mace/passes/device/node_estimate.h"
#include "mace/plan/node_precisions.h"

namespace mace {
namespace {

// The views of one attention: their leading axes, then the two of the matrix.
struct Views {
  StridedView q, k, v, y;
  std::optional<StridedView> mask;

  std::vector<StridedView*> all() {
    std::vector<StridedView*> views = {&q, &k, &v, &y};
    if (mask.has_value()) views.push_back(&*mask);
    return views;
  }
};

// Whether axes `axis` and `axis` + 1 of the view are one axis.
bool RunsOn(const StridedView& view, size_t axis) {
  const ViewAxis& outer = view.axes[axis];
  const ViewAxis& inner = view.axes[axis + 1];
  return outer.stride == inner.stride * inner.extent;
}

// Drops and merges leading axes, of which all views have the same extents, until there are two.
bool MakeTwoLeadingAxes(Views* views) {
  const std::vector<StridedView*> all = views->all();
  const auto leading = [&] { return views->q.axes.size() - 2; };
  for (size_t axis = leading(); axis-- > 0;) {
    if (views->q.axes[axis].extent != 1) continue;
    for (StridedView* view : all) view->axes.erase(view->axes.begin() + static_cast<int>(axis));
  }
  for (size_t axis = leading(); leading() > 2 && axis-- > 1;) {
    const size_t outer = axis - 1;
    if (!std::all_of(all.begin(), all.end(), [&](StridedView* v) { return RunsOn(*v, outer); })) {
      continue;
    }
    for (StridedView* view : all) {
      view->axes[axis].extent *= view->axes[outer].extent;
      view->axes.erase(view->axes.begin() + static_cast<int>(outer));
    }
  }
  while (leading() < 2) {
    for (StridedView* view : all) view->axes.insert(view->axes.begin(), ViewAxis());
  }
  return leading() == 2;
}

AttentionView ToAttentionView(const StridedView& view) {
  AttentionView result;
  result.offset = view.offset;
  for (size_t i = 0; i < result.strides.size(); ++i) result.strides[i] = view.axes[i].stride;
  return result;
}

class AttentionFuser {
 public:
  AttentionFuser(const DeviceInfo& device, const PlanOptions& options, Graph* graph, OpList* ops)
      : device_(device),
        options_(options),
        graph_(*graph),
        ops_(*ops),
        readers_(*graph, *ops),
        removed_(graph->nodes.size(), false) {}

  void Run() {
    for (size_t n = 0; n < graph_.nodes.size(); ++n) {
      if (graph_.nodes[n].type == "Softmax") Fuse(n);
    }
    if (precisions_.empty()) return;  // No softmax was one of an attention.
    RemoveNodes(removed_, &graph_, &ops_);
  }

 private:
  void Fuse(size_t softmax) {
    std::optional<AttentionPattern> found = FindAttention(readers_, softmax);
    if (!found.has_value()) return;
    if (precisions_.empty()) precisions_ = NodePrecisions(graph_, ops_, options_.precision);
    const Precision precision = precisions_[found->weighted];
    if (precisions_[found->last] != precision || precisions_[found->product] != precision) return;
    std::optional<Node> fused = MakeNode(&*found);
    if (!fused.has_value()) return;
    StatusOr<std::shared_ptr<const Op>> op = OpOf(&*fused);
    if (!op.ok()) return;
    const double together = Ms(*fused, **op, precision);
    if (std::isinf(together)) return;
    const std::set<size_t> replaced = Replaced(found->last, *fused);
    double apart = 0;
    for (size_t n : replaced) apart += Ms(graph_.nodes[n], *ops_[n], precisions_[n]);
    if (together >= apart) return;
    for (size_t n : replaced) {
      readers_.RemoveNode(n);
      removed_[n] = n != found->last;
    }
    Replace(found->last, *std::move(fused), *std::move(op));
    Merge(*found);
  }

  // The products that make the operands of the new attention become one, if that is cheaper.
  void Merge(AttentionPattern pattern) {
    std::optional<MergedProducts> merged = MergeProducts(readers_, pattern);
    if (!merged.has_value()) return;
    const Precision precision = precisions_[pattern.weighted];
    const size_t place = *std::max_element(merged->parts.begin(), merged->parts.end());
    merged->node.name = graph_.nodes[place].name;
    // Where the products stay apart, nobody makes or reads this value.
    const ValueId result = graph_.AddValue(merged->node.name + "/merged");
    graph_.value(result).info = merged->info;
    graph_.value(result).shape_known = true;
    merged->node.outputs = {result};
    StatusOr<std::shared_ptr<const Op>> product = OpOf(&merged->node);
    if (!product.ok()) return;
    double apart = 0;
    for (size_t n : merged->parts) {
      if (precisions_[n] != precision) return;
      apart += Ms(graph_.nodes[n], *ops_[n], precision);
    }
    if (Ms(merged->node, **product, precision) >= apart) return;
    ViewedValue* const operands[] = {&pattern.q, &pattern.k, &pattern.v};
    for (size_t i = 0; i < merged->parts.size(); ++i) {
      const std::optional<StridedView> view = ViewOfMerged(operands[i]->view, *merged, i);
      if (!view.has_value()) return;
      *operands[i] = {result, *view};
    }
    std::optional<Node> attention = MakeNode(&pattern);
    if (!attention.has_value()) return;
    StatusOr<std::shared_ptr<const Op>> op = OpOf(&*attention);
    if (!op.ok() || std::isinf(Ms(*attention, **op, precision))) return;
    for (size_t n : merged->parts) {
      readers_.RemoveNode(n);
      removed_[n] = n != place;
    }
    Replace(place, std::move(merged->node), *std::move(product));
    readers_.RemoveNode(pattern.last);
    Replace(pattern.last, *std::move(attention), *std::move(op));
  }

  // REQUIRES: the node that stands there was taken out of readers_.
  void Replace(size_t place, Node node, std::shared_ptr<const Op> op) {
    graph_.nodes[place] = std::move(node);
    ops_[place] = std::move(op);
    readers_.AddNode(place);
  }

  double Ms(const Node& node, const Op& op, Precision precision) const {
    return CheapestNodeMs(graph_, {node, op, precision}, device_, options_, SIZE_MAX);
  }

  // The Attention in place of the pattern's nodes; nullopt where its views have too many axes.
  std::optional<Node> MakeNode(AttentionPattern* pattern) const {
    Views views = {pattern->q.view, pattern->k.view, pattern->v.view, pattern->y.view, {}};
    if (pattern->mask != kNoValue) views.mask = pattern->mask_view;
    if (!MakeTwoLeadingAxes(&views)) return std::nullopt;
    Attention attention;
    attention.batch = views.q.axes[0].extent, attention.heads = views.q.axes[1].extent;
    attention.rows = views.q.axes[2].extent, attention.depth = views.q.axes[3].extent;
    attention.columns = views.k.axes[2].extent, attention.value_depth = views.v.axes[3].extent;
    attention.scale = static_cast<float>(pattern->scale);
    attention.q = ToAttentionView(views.q), attention.k = ToAttentionView(views.k);
    attention.v = ToAttentionView(views.v), attention.y = ToAttentionView(views.y);
    if (views.mask.has_value()) attention.mask = ToAttentionView(*views.mask);
    const Node& last = graph_.nodes[pattern->last];
    attention.shape = graph_.value(last.outputs[0]).info.shape;
    Node fused;
    fused.name = graph_.nodes[pattern->weighted].name;
    fused.type = "Attention";
    fused.inputs = {pattern->q.value, pattern->k.value, pattern->v.value};
    if (pattern->mask != kNoValue) fused.inputs.push_back(pattern->mask);
    fused.outputs = last.outputs;
    SetAttention(attention, &fused.attributes);
    return fused;
  }

  // The nodes whose results nobody reads once `fused` stands in place of the node `last`.
  std::set<size_t> Replaced(size_t last, const Node& fused) const {
    std::set<size_t> replaced;
    std::map<ValueId, size_t> dropped;  // How many of a value's readers go.
    std::vector<size_t> open = {last};
    while (!open.empty()) {
      const size_t n = open.back();
      open.pop_back();
      replaced.insert(n);
      for (ValueId id : graph_.nodes[n].inputs) {
        if (id == kNoValue) continue;
        ++dropped[id];
        const int producer = readers_.Producer(id);
        if (producer < 0 || replaced.count(static_cast<size_t>(producer)) > 0) continue;
        if (IsDead(graph_.nodes[static_cast<size_t>(producer)], dropped, fused)) {
          open.push_back(static_cast<size_t>(producer));
        }
      }
    }
    return replaced;
  }

  bool IsDead(const Node& node, const std::map<ValueId, size_t>& dropped, const Node& fused) const {
    for (ValueId id : node.outputs) {
      const auto gone = dropped.find(id);
      const size_t left = readers_.Count(id) - (gone == dropped.end() ? 0 : gone->second);
      if (left > 0 || readers_.IsOutput(id)) return false;
      if (std::count(fused.inputs.begin(), fused.inputs.end(), id) > 0) return false;
    }
    return true;
  }

  const DeviceInfo& device_;
  const PlanOptions& options_;
  Graph& graph_;
  OpList& ops_;
  GraphReaders readers_;
  std::vector<bool> removed_;
  std::vector<Precision> precisions_;  // Found for the first pattern.
};

}  // namespace

void FuseAttention(const DeviceInfo& device, const PlanOptions& options, Graph* graph,
                   OpList* ops) {
  // The fused kernel runs in local memory.
  if (device.kind == DeviceKind::kCpu || device.local_memory_is_emulated) return;
  AttentionFuser(device, options, graph, ops).Run();
}

}  // namespace mace
