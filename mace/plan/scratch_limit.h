// Limits the scratch memory of variants by the plan's bound on device memory.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_PLAN_SCRATCH_LIMIT_H_
#define MACE_PLAN_SCRATCH_LIMIT_H_

#include <vector>

#include "mace/graph/graph.h"
#include "mace/ops/op.h"

namespace mace {

// By node: the bytes that scratch may take. They are 1.28 times the largest sum of values alive at
// once (1.3 in MemoryUse::bound_bytes), or that sum and spare_bytes where these are more, less the
// values alive at the node. Values count as float32, or as half in that precision. REQUIRES: every
// shape of the graph is known.
std::vector<double> ScratchLimits(const Graph& graph, Precision precision, double spare_bytes);

// Bytes of all scratch regions of the variant.
double ScratchBytes(const KernelVariant& variant);

// Removes a node's variants whose scratch exceeds the limit. If no variant that may be chosen
// without a measurement remained, those with the least scratch are kept.
void LimitScratch(double limit_bytes, std::vector<KernelVariant>* variants);

}  // namespace mace

#endif  // MACE_PLAN_SCRATCH_LIMIT_H_
