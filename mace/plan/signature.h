// What choices are kept under: texts that change whenever the thing they name does, made without a
// device. A signature never holds a pointer, a name that the model's author chose, or weights.
#ifndef MACE_PLAN_SIGNATURE_H_
#define MACE_PLAN_SIGNATURE_H_

#include <string>

#include "mace/graph/graph.h"
#include "mace/ops/kernel.h"
#include "mace/plan/plan_options.h"

namespace mace {

// An op with its attributes, and the dtypes and shapes of what it reads and makes; the values of
// small integer constants (axes, paddings) too, on which variants depend.
std::string NodeSignature(const Graph& graph, const Node& node);

// One variant among those of its node: its name, and a hash of formats, kernels and work-group
// sizes.
std::string VariantId(const Lowering& variant);

// 64 hexadecimal digits: all that the choice of a plan rests on. Nodes with their signatures and
// how they are connected, what the options ask for, and the text of every kernel.
std::string PlanSignature(const Graph& graph, const PlanOptions& options);

// 16 hexadecimal digits over the text of every kernel: those of this build of the engine.
std::string KernelTextHash();

}  // namespace mace

#endif  // MACE_PLAN_SIGNATURE_H_
