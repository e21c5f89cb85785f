#include "mace/passes/device/fuse_squeeze_excite.h"

#include <optional>

#include "mace/passes/device/fuse_nodes.h"

namespace mace {
namespace {

// Inputs of a Conv2D.
constexpr size_t kX = 0, kFilter = 1, kBias = 2;

bool IsPlain(const Node& node) {
  return node.type == "Conv2D" && node.inputs.size() <= kBias + 1 &&
         node.attributes.GetInt("residual", 0) == 0 &&
         node.attributes.GetInt("channel_scale", 0) == 0;
}

// The two as one node (squeeze_excite.cc), whether they fit or not.
std::optional<Node> Fuse(const Node& squeeze, const Node& excite) {
  if (!IsPlain(squeeze) || !IsPlain(excite)) return std::nullopt;
  Node fused;
  fused.name = excite.name;
  fused.type = "SqueezeExcite";
  fused.outputs = excite.outputs;
  fused.attributes = FuseAttributes(squeeze, excite, "squeeze_");
  fused.inputs = {InputOrNone(squeeze, kX), InputOrNone(squeeze, kFilter),
                  InputOrNone(squeeze, kBias), InputOrNone(excite, kFilter),
                  InputOrNone(excite, kBias)};
  return fused;
}

}  // namespace

void FuseSqueezeExcite(const DeviceInfo& device, const PlanOptions& options, Graph* graph,
                       OpList* ops) {
  FuseNodes(device, options, Fuse, graph, ops);
}

}  // namespace mace
