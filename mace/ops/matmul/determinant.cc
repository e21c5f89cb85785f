// Determinant: that of each matrix of x [..., n, n], to [...], by elimination with pivots in
// double. The determinant of a matrix without elements is 1. On the CPU alone.
#include <algorithm>
#include <cmath>
#include <vector>

#include "mace/ops/lowering_support.h"
#include "mace/ops/op.h"

namespace mace {
namespace {

double DeterminantOf(std::vector<double> matrix, size_t n) {
  double product = 1;
  for (size_t column = 0; column < n; ++column) {
    size_t pivot = column;
    for (size_t row = column + 1; row < n; ++row) {
      if (std::fabs(matrix[row * n + column]) > std::fabs(matrix[pivot * n + column])) pivot = row;
    }
    if (pivot != column) {
      std::swap_ranges(matrix.begin() + static_cast<std::ptrdiff_t>(column * n),
                       matrix.begin() + static_cast<std::ptrdiff_t>((column + 1) * n),
                       matrix.begin() + static_cast<std::ptrdiff_t>(pivot * n));
      product = -product;
    }
    const double diagonal = matrix[column * n + column];
    product *= diagonal;
    if (diagonal == 0) return product;  // 0, or NaN where an element was.
    for (size_t row = column + 1; row < n; ++row) {
      const double factor = matrix[row * n + column] / diagonal;
      for (size_t i = column; i < n; ++i) matrix[row * n + i] -= factor * matrix[column * n + i];
    }
  }
  return product;
}

class DeterminantOp : public Op {
 public:
  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    const TensorInfo& x = inputs[0].info;
    if (!IsFloat(x.dtype) || x.shape.rank() < 2 || x.shape.back(0) != x.shape.back(1)) {
      return InvalidArgument("expected square matrices of floats, found " + x.ToString());
    }
    const Shape shape(std::vector<int64_t>(x.shape.dims().begin(), x.shape.dims().end() - 2));
    outputs->assign(1, {DType::kFloat32, shape});
    return Status::Ok();
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    const int64_t n = inputs[0].shape().back(0);
    const float* x = inputs[0].f32();
    HostTensor& y = (*outputs)[0];
    for (int64_t i = 0; i < y.shape().elements(); ++i, x += n * n) {
      y.f32()[i] = static_cast<float>(
          DeterminantOf(std::vector<double>(x, x + n * n), static_cast<size_t>(n)));
    }
    return Status::Ok();
  }

  Cost EstimateCost(const std::vector<OpInput>& inputs,
                    const std::vector<TensorInfo>& outputs) const override {
    Cost cost = Op::EstimateCost(inputs, outputs);
    const Shape& x = inputs[0].info.shape;
    cost.flops = static_cast<double>(x.elements()) * static_cast<double>(x.back(0));
    return cost;
  }
};

StatusOr<std::unique_ptr<Op>> MakeDeterminant(const Node&) {
  return std::unique_ptr<Op>(new DeterminantOp());
}

}  // namespace

extern const OpDefinition kDeterminantOp;
const OpDefinition kDeterminantOp = {"Determinant", 1, 1, &MakeDeterminant};

}  // namespace mace
