// The keys of recorded choices. Each is a text made without a device, and two keys differ if the
// things that they stand for differ. A signature never holds a pointer, a name that the model's
// author chose, or weights.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_PLAN_SIGNATURE_H_
#define MACE_PLAN_SIGNATURE_H_

#include <string>

#include "mace/graph/graph.h"
#include "mace/kernel/kernel.h"
#include "mace/plan/plan_options.h"

namespace mace {

// Describes an op, its attributes, and the dtypes and shapes of its inputs and outputs. It includes
// the values of small integer constants (axes, paddings), because variants depend on them.
std::string NodeSignature(const Graph& graph, const Node& node);

// Identifies a variant of a node: its name, and a hash of formats, kernels and work-group sizes.
std::string VariantId(const KernelVariant& variant);

// 64 hexadecimal digits: a hash of everything that the choice of a plan depends on, which is the
// nodes with their signatures and connections, the options, and the text of every kernel.
std::string PlanSignature(const Graph& graph, const PlanOptions& options);

// 16 hexadecimal digits: a hash of the text of every kernel of this build. Computed once a process.
const std::string& KernelTextHash();

}  // namespace mace

#endif  // MACE_PLAN_SIGNATURE_H_
