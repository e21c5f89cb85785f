#include "mace/plan/join_excitation.h"

#include <optional>

#include "mace/plan/join_nodes.h"

namespace mace {
namespace {

// Inputs of a Conv2D.
constexpr size_t kX = 0, kFilter = 1, kBias = 2;

bool IsPlain(const Node& node) {
  return node.type == "Conv2D" && node.inputs.size() <= kBias + 1 &&
         node.attributes.GetInt("residual", 0) == 0 && node.attributes.GetInt("gate", 0) == 0;
}

// The two as one node (excitation.cc), whether they fit or not.
std::optional<Node> Join(const Node& squeeze, const Node& excite) {
  if (!IsPlain(squeeze) || !IsPlain(excite)) return std::nullopt;
  Node joined;
  joined.name = excite.name;
  joined.type = "Excitation";
  joined.outputs = excite.outputs;
  joined.attributes = JoinAttributes(squeeze, excite, "squeeze_");
  joined.inputs = {InputOrNone(squeeze, kX), InputOrNone(squeeze, kFilter),
                   InputOrNone(squeeze, kBias), InputOrNone(excite, kFilter),
                   InputOrNone(excite, kBias)};
  return joined;
}

}  // namespace

Status JoinExcitation(const DeviceInfo& device, const PlanOptions& options, Graph* graph) {
  return JoinNodes(device, options, Join, graph);
}

}  // namespace mace
