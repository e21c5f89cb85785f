#include "mace/passes/device/fuse_depthwise_pointwise.h"

#include <optional>

#include "mace/passes/device/fuse_nodes.h"

namespace mace {
namespace {

bool HasResidual(const Node& node) { return node.attributes.GetInt("residual", 0) != 0; }

// Whether the node has a channel scale, which would come between the two, where the fused kernel
// has no place for it.
bool HasChannelScale(const Node& node) { return node.attributes.GetInt("channel_scale", 0) != 0; }

// The two as one node (separable_conv2d.cc), whether they fit or not.
std::optional<Node> FuseConvolutions(const Node& depthwise, const Node& pointwise) {
  if (depthwise.type != "DepthwiseConv2d" || pointwise.type != "Conv2D" || HasResidual(depthwise) ||
      HasChannelScale(pointwise)) {
    return std::nullopt;
  }
  Node fused;
  fused.name = pointwise.name;
  fused.type = "SeparableConv2D";
  fused.outputs = pointwise.outputs;
  fused.attributes = FuseAttributes(depthwise, pointwise, "depthwise_");
  const bool residual = HasResidual(pointwise);
  const bool bias = pointwise.inputs.size() > (residual ? kConvolutionResidual : kConvolutionBias);
  fused.inputs = {InputOrNone(depthwise, kConvolutionX), InputOrNone(depthwise, kConvolutionFilter),
                  InputOrNone(depthwise, kConvolutionBias),
                  InputOrNone(pointwise, kConvolutionFilter),
                  bias ? pointwise.inputs[kConvolutionBias] : kNoValue};
  if (residual) fused.inputs.push_back(pointwise.inputs.back());
  return fused;
}

}  // namespace

void FuseDepthwisePointwise(const DeviceInfo& device, const PlanOptions& options, Graph* graph,
                            OpList* ops) {
  FuseNodes(device, options, FuseConvolutions, graph, ops);
}

}  // namespace mace
