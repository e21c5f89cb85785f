// What the products of activations by constant matrices share: rows of the activation are the pixels
// of a 1x1 convolution.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_OPS_MATMUL_ROWS_AS_PIXELS_H_
#define MACE_OPS_MATMUL_ROWS_AS_PIXELS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "mace/ops/conv/convolution_lowering.h"

namespace mace {

// The convolution of `columns` channels over the rows of input 0, whose last axis are its channels;
// the weights are left to the caller. `op` begins the names of the variants.
ConvolutionRequest RowsAsPixels(const std::string& op, int64_t columns,
                                const LoweringRequest& request);

// A row-major matrix of so many rows and columns with its axes exchanged.
std::vector<float> Transposed(const float* from, int64_t rows, int64_t columns);

}  // namespace mace

#endif  // MACE_OPS_MATMUL_ROWS_AS_PIXELS_H_
