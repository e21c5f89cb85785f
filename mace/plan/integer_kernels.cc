#include "mace/plan/integer_kernels.h"

namespace mace {
namespace {

bool IsConvolution(const Node& node) {
  return node.type == "Conv2D" || node.type == "DepthwiseConv2d";
}

// By node: whether one of its launches reads int8.
std::vector<bool> NodesThatReadBytes(const Plan& plan) {
  std::vector<bool> nodes(plan.bound.graph->nodes.size(), false);
  for (const PlannedLaunch& planned : plan.launches) {
    if (planned.node < 0) continue;
    for (const KernelArgument& argument : planned.launch.arguments) {
      const auto* tensor = std::get_if<TensorArgument>(&argument);
      if (tensor == nullptr || tensor->kind != TensorArgument::Kind::kInput) continue;
      const DeviceTensor& read = plan.tensors[static_cast<size_t>(tensor->index)];
      if (read.format.precision == Precision::kInt8) {
        nodes[static_cast<size_t>(planned.node)] = true;
      }
    }
  }
  return nodes;
}

}  // namespace

std::string DescribeIntegerKernels(const Plan& plan) {
  const std::vector<bool> reads_bytes = NodesThatReadBytes(plan);
  size_t all = 0, integer = 0;
  for (size_t n = 0; n < plan.bound.graph->nodes.size(); ++n) {
    if (!IsConvolution(plan.bound.graph->nodes[n])) continue;
    ++all;
    if (reads_bytes[n]) ++integer;
  }
  if (integer == 0) return "";
  return "8-bit model: " + std::to_string(integer) + " of " + std::to_string(all) +
         " convolutions by integer kernels, the rest in floats, each result rounded";
}

}  // namespace mace
