// The attributes of fused_activation.h on a node, as passes move them from one node to another.
//
// Thread contract: thread-compatible.
#ifndef MACE_PASSES_ACTIVATION_ATTRIBUTES_H_
#define MACE_PASSES_ACTIVATION_ATTRIBUTES_H_

#include "mace/graph/node.h"

namespace mace {

// Whether the node applies an activation to its result, or has one that FusedActivation does not
// know: in both cases nothing may come between.
bool HasActivation(const Node& node);

// `to` applies what `from` does, and nothing else.
void MoveActivation(const Node& from, Node* to);

}  // namespace mace

#endif  // MACE_PASSES_ACTIVATION_ATTRIBUTES_H_
