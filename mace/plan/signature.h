// The keys under which choices are kept: texts that are made without a device and differ where the
// things that they name differ. A signature never holds a pointer, a name that the model's author
// chose, or weights.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_PLAN_SIGNATURE_H_
#define MACE_PLAN_SIGNATURE_H_

#include <string>

#include "mace/graph/graph.h"
#include "mace/kernel/kernel.h"
#include "mace/plan/plan_options.h"

namespace mace {

// Describes an op with its attributes and the dtypes and shapes of its inputs and outputs. The
// values of small integer constants (axes, paddings) are in it too, because variants depend on
// them.
std::string NodeSignature(const Graph& graph, const Node& node);

// Tells one variant from the others of its node: its name, and a hash of formats, kernels and
// work-group sizes.
std::string VariantId(const KernelVariant& variant);

// 64 hexadecimal digits over all that the choice of a plan depends on: nodes with their signatures
// and connections, the options, and the text of every kernel.
std::string PlanSignature(const Graph& graph, const PlanOptions& options);

// 16 hexadecimal digits over the text of every kernel: those of this build of the engine.
std::string KernelTextHash();

}  // namespace mace

#endif  // MACE_PLAN_SIGNATURE_H_
