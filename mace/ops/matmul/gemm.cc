#include "mace/ops/matmul/gemm.h"

#include <Eigen/Core>
#include <algorithm>

namespace mace {
namespace {

using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using RowMajorDouble = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Strided = Eigen::Map<const RowMajor, 0, Eigen::OuterStride<>>;

constexpr int64_t kBlock = 128;

}  // namespace

void AddProduct(const MatrixView& a, const MatrixView& b, double* sum) {
  const Strided left(a.data, a.rows, a.columns, Eigen::OuterStride<>(a.stride));
  const Strided right(b.data, b.rows, b.columns, Eigen::OuterStride<>(b.stride));
  Eigen::Map<RowMajorDouble> total(sum, a.rows, b.columns);
  RowMajor product(a.rows, b.columns);
  for (int64_t k = 0; k < a.columns; k += kBlock) {
    const int64_t depth = std::min(kBlock, a.columns - k);
    product.noalias() = left.middleCols(k, depth) * right.middleRows(k, depth);
    total += product.cast<double>();
  }
}

}  // namespace mace
