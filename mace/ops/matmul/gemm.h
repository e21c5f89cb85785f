// The matrix product of CPU references. It sums in float inside of blocks and in double between
// them, so that the error stays that of one block (about 1e-7 of the magnitudes) for sums of any
// length.
//
// Thread contract: thread-safe (pure).
#ifndef MACE_OPS_MATMUL_GEMM_H_
#define MACE_OPS_MATMUL_GEMM_H_

#include <cstdint>

namespace mace {

// A row-major matrix that somebody owns; `stride` elements between rows.
struct MatrixView {
  const float* data;
  int64_t rows;
  int64_t columns;
  int64_t stride;
};

// sum[r * b.columns + c] += (a * b)[r, c]. REQUIRES: a.columns == b.rows.
void AddProduct(const MatrixView& a, const MatrixView& b, double* sum);

}  // namespace mace

#endif  // MACE_OPS_MATMUL_GEMM_H_
