// Fuses two nodes to one where the device takes less time for that. Other devices keep the two
// nodes.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_PASSES_DEVICE_FUSE_NODES_H_
#define MACE_PASSES_DEVICE_FUSE_NODES_H_

#include <cstddef>
#include <optional>
#include <string>

#include "mace/plan/bound_graph.h"
#include "mace/plan/plan_options.h"

namespace mace {

// Gives one node that does what `first` does to its input 0 and then what `second` does; nullopt
// where the two cannot be fused. The op of the fused node may still refuse it.
using FuseFunction = std::optional<Node> (*)(const Node& first, const Node& second);

// Fuses each pair in which only the second node reads the result of the first, as its input 0. The
// ops' estimates decide, the cost of a launch included. `options` are those that MakePlan gets
// next. CPUs keep all nodes. Nodes that round their result to int8 stay apart. `ops` are those of
// the graph's nodes, before and after. REQUIRES: every shape of the graph is known.
void FuseNodes(const DeviceInfo& device, const PlanOptions& options, FuseFunction fuse,
               Graph* graph, OpList* ops);

// The inputs of convolutions.
inline constexpr size_t kConvolutionX = 0, kConvolutionFilter = 1, kConvolutionBias = 2,
                        kConvolutionResidual = 3;
// Input `input` of the node; kNoValue where it has none.
ValueId InputOrNone(const Node& node, size_t input);

// The attributes of `second`, and those of `first` with `prefix` before their names.
AttributeMap FuseAttributes(const Node& first, const Node& second, const std::string& prefix);

}  // namespace mace

#endif  // MACE_PASSES_DEVICE_FUSE_NODES_H_
