// The variant of FullyConnected for GPUs: one work-group sums one block of four outputs.
#ifndef MACE_OPS_FULLY_CONNECTED_H_
#define MACE_OPS_FULLY_CONNECTED_H_

#include <vector>

#include "mace/ops/conv2d/convolution_lowering.h"

namespace mace {

// Adds fully_connected_shared_sum in the storage of result's first variant. REQUIRES: the
// convolution's kernel covers its input, or its input is one row of pixels under a 1x1 kernel, and
// *result is not empty.
void LowerSharedSum(const ConvolutionRequest& request, std::vector<Lowering>* result);

}  // namespace mace

#endif  // MACE_OPS_FULLY_CONNECTED_H_
