// The variant of MatMulBits for many rows on a GPU: the weights are expanded into scratch memory, and the
// product is that of floats, by tiles in local memory.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_OPS_MATMUL_MATMUL_BITS_EXPANDED_H_
#define MACE_OPS_MATMUL_MATMUL_BITS_EXPANDED_H_

#include <vector>

#include "mace/ops/matmul/blocked_matrix.h"
#include "mace/ops/op.h"

namespace mace {

// Adds the variant matmul_bits_expanded_local where the device can run it. The inputs of the request are
// those of MatMulBits.
void LowerMatMulBitsExpanded(const BlockedMatrix& matrix, const LoweringRequest& request,
                             std::vector<KernelVariant>* result);

}  // namespace mace

#endif  // MACE_OPS_MATMUL_MATMUL_BITS_EXPANDED_H_
