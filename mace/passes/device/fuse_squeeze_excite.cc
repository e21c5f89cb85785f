#include "mace/passes/device/fuse_squeeze_excite.h"

#include <optional>

#include "mace/passes/device/fuse_nodes.h"

namespace mace {
namespace {

bool IsPlainConvolution(const Node& node) {
  return node.type == "Conv2D" && node.inputs.size() <= kConvolutionBias + 1 &&
         node.attributes.GetInt("residual", 0) == 0 &&
         node.attributes.GetInt("channel_scale", 0) == 0;
}

// The two as one node (squeeze_excite.cc), whether they fit or not.
std::optional<Node> FuseLayers(const Node& squeeze, const Node& excite) {
  if (!IsPlainConvolution(squeeze) || !IsPlainConvolution(excite)) return std::nullopt;
  Node fused;
  fused.name = excite.name;
  fused.type = "SqueezeExcite";
  fused.outputs = excite.outputs;
  fused.attributes = FuseAttributes(squeeze, excite, "squeeze_");
  fused.inputs = {InputOrNone(squeeze, kConvolutionX), InputOrNone(squeeze, kConvolutionFilter),
                  InputOrNone(squeeze, kConvolutionBias), InputOrNone(excite, kConvolutionFilter),
                  InputOrNone(excite, kConvolutionBias)};
  return fused;
}

}  // namespace

void FuseSqueezeExcite(const DeviceInfo& device, const PlanOptions& options, Graph* graph,
                       OpList* ops) {
  FuseNodes(device, options, FuseLayers, graph, ops);
}

}  // namespace mace
