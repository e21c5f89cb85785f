// The variant of FullyConnected for GPUs: one work-group sums one block of four outputs.
#ifndef MACE_OPS_MATMUL_FULLY_CONNECTED_H_
#define MACE_OPS_MATMUL_FULLY_CONNECTED_H_

#include <vector>

#include "mace/ops/conv/convolution_lowering.h"

namespace mace {

// Adds fully_connected_shared_sum with x and y in `storage`. REQUIRES: the convolution's kernel
// covers its input, or its input is one row of pixels under a 1x1 kernel; x and y fit `storage`.
// The rows of the batch are the positions of y in order, whatever its rank.
void LowerSharedSum(const ConvolutionRequest& request, Storage storage,
                    std::vector<KernelVariant>* result);

}  // namespace mace

#endif  // MACE_OPS_MATMUL_FULLY_CONNECTED_H_
