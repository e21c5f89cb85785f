// Which variants of a node take more scratch memory than the plan's bound on device memory leaves.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_PLAN_SCRATCH_LIMIT_H_
#define MACE_PLAN_SCRATCH_LIMIT_H_

#include <vector>

#include "mace/graph/graph.h"
#include "mace/ops/op.h"

namespace mace {

// Bytes that scratch may take at each node: 1.28 times the largest sum of values alive at once
// (1.3 in MemoryUse::bound_bytes), less those alive at the node. Values are counted as float32, or
// as halves where that is the precision. REQUIRES: every shape of the graph is known.
std::vector<double> ScratchLimits(const Graph& graph, Precision precision);

// Bytes of all scratch regions that the variant asks for.
double ScratchBytes(const KernelVariant& variant);

// Takes out the variants of a node whose scratch is above the limit. Where that would leave none
// that may be chosen without a measurement, those with the least scratch stay.
void LimitScratch(double limit_bytes, std::vector<KernelVariant>* variants);

}  // namespace mace

#endif  // MACE_PLAN_SCRATCH_LIMIT_H_
