// Reduce: the mean, minimum, maximum, product or sum over some axes. Any rank.
//
// Attributes: reduce_type (0 MEAN, 1 MIN, 2 MAX, 3 PROD, 4 SUM), axis (ints in [-rank, rank); none:
// all axes), keepdims (0: the reduced axes vanish, else they stay with extent 1). Integer tensors
// keep their type; a mean truncates towards zero, sums and products wrap around.
#ifndef MACE_OPS_REDUCE_REDUCE_H_
#define MACE_OPS_REDUCE_REDUCE_H_

#include <vector>

#include "mace/ops/op.h"

namespace mace {

enum class ReduceType { kMean = 0, kMin = 1, kMax = 2, kProd = 3, kSum = 4 };

// For each axis of a shape whether it is reduced.
using ReducedAxes = std::vector<bool>;

// The GPU variants; see reduce.cl. REQUIRES: reduced.size() is the input's rank.
std::vector<KernelVariant> LowerReduce(ReduceType type, const ReducedAxes& reduced,
                                       const LoweringRequest& request);
// The GPU variants that reduce integers; see reduce_integers.cl.
std::vector<KernelVariant> LowerReduceIntegers(ReduceType type, const ReducedAxes& reduced,
                                               const LoweringRequest& request);

}  // namespace mace

#endif  // MACE_OPS_REDUCE_REDUCE_H_
