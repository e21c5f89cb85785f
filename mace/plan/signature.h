// What choices are kept under: texts that change whenever the thing they name does, made without a
// device. A signature never holds a pointer, a name that the model's author chose, or weights.
#ifndef MACE_PLAN_SIGNATURE_H_
#define MACE_PLAN_SIGNATURE_H_

#include <string>

#include "mace/plan/plan.h"

namespace mace {

// An op with its attributes, and the dtypes and shapes of what it reads and makes; the values of
// small integer constants (axes, paddings) too, on which ways depend.
std::string NodeSignature(const Graph& graph, const Node& node);

// One way among those of its node: its variant, and a hash of formats, kernels and work-group
// sizes.
std::string WayId(const Lowering& way);

// 64 hexadecimal digits: all that the choice of a plan rests on. Nodes with their signatures and
// how they are connected, what the options ask for, and the text of every kernel.
std::string PlanSignature(const Graph& graph, const PlanOptions& options);

// 16 hexadecimal digits over the text of every kernel: those of this build of the engine.
std::string KernelTextHash();

}  // namespace mace

#endif  // MACE_PLAN_SIGNATURE_H_
