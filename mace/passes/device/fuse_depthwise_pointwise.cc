#include "mace/passes/device/fuse_depthwise_pointwise.h"

#include <optional>

#include "mace/passes/device/fuse_nodes.h"

namespace mace {
namespace {

// Inputs of both ops.
constexpr size_t kX = 0, kFilter = 1, kBias = 2, kResidual = 3;

bool HasResidual(const Node& node) { return node.attributes.GetInt("residual", 0) != 0; }

// Whether the node has a channel scale, which would come between the two, where the fused kernel
// has no place for it.
bool HasChannelScale(const Node& node) { return node.attributes.GetInt("channel_scale", 0) != 0; }

// The two as one node (separable_conv2d.cc), whether they fit or not.
std::optional<Node> Fuse(const Node& depthwise, const Node& pointwise) {
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
  const bool bias = pointwise.inputs.size() > (residual ? kResidual : kBias);
  fused.inputs = {InputOrNone(depthwise, kX), InputOrNone(depthwise, kFilter),
                  InputOrNone(depthwise, kBias), InputOrNone(pointwise, kFilter),
                  bias ? pointwise.inputs[kBias] : kNoValue};
  if (residual) fused.inputs.push_back(pointwise.inputs.back());
  return fused;
}

}  // namespace

void FuseDepthwisePointwise(const DeviceInfo& device, const PlanOptions& options, Graph* graph,
                            OpList* ops) {
  FuseNodes(device, options, Fuse, graph, ops);
}

}  // namespace mace
