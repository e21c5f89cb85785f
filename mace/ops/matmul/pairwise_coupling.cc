// PairwiseCoupling: from the probabilities r [n, k (k - 1) / 2] that an element of two classes i < j, in row-major order, is
// of class i, those of each class: p [n, k]. Wu, Lin and Weng, "Probability Estimates for Multi-class Classification by
// Pairwise Coupling" (2004), algorithm 2, with the end that libsvm has: an error below 0.005 / k. On the CPU alone.
#include <algorithm>
#include <cmath>
#include <vector>

#include "mace/ops/lowering_support.h"
#include "mace/ops/op.h"

namespace mace {
namespace {

// The k of k (k - 1) / 2 pairs, or 0.
int64_t ClassesOf(int64_t pairs) {
  if (pairs < 1 || pairs > int64_t{1} << 31) return 0;
  const int64_t classes =
      static_cast<int64_t>(std::floor((1 + std::sqrt(1 + 8 * static_cast<double>(pairs))) / 2));
  return classes * (classes - 1) / 2 == pairs ? classes : 0;
}

// The matrix Q of the paper's equation (43), [k, k].
std::vector<double> CouplingMatrix(const float* pairs, size_t k) {
  std::vector<double> r(k * k, 0.0), q(k * k, 0.0);
  for (size_t i = 0; i < k; ++i) {
    for (size_t j = i + 1; j < k; ++j, ++pairs) {
      r[i * k + j] = *pairs;
      r[j * k + i] = 1 - static_cast<double>(*pairs);
    }
  }
  for (size_t i = 0; i < k; ++i) {
    for (size_t j = 0; j < k; ++j) {
      if (j == i) continue;
      q[i * k + i] += r[j * k + i] * r[j * k + i];
      q[i * k + j] = -r[j * k + i] * r[i * k + j];
    }
  }
  return q;
}

void Couple(const float* pairs, size_t k, float* probabilities) {
  const std::vector<double> q = CouplingMatrix(pairs, k);
  std::vector<double> p(k, 1 / static_cast<double>(k)), qp(k, 0.0);
  const double max_error = 0.005 / static_cast<double>(k);
  for (size_t round = std::max<size_t>(100, k); round > 0; --round) {
    double pqp = 0, error = 0;
    for (size_t i = 0; i < k; ++i) {
      qp[i] = 0;
      for (size_t j = 0; j < k; ++j) qp[i] += q[i * k + j] * p[j];
      pqp += p[i] * qp[i];
    }
    for (size_t i = 0; i < k; ++i) error = std::max(error, std::fabs(qp[i] - pqp));
    if (error < max_error) break;
    for (size_t i = 0; i < k; ++i) {
      const double diagonal = q[i * k + i];
      const double step = (pqp - qp[i]) / diagonal;
      p[i] += step;
      pqp = (pqp + step * (step * diagonal + 2 * qp[i])) / ((1 + step) * (1 + step));
      for (size_t j = 0; j < k; ++j) {
        qp[j] = (qp[j] + step * q[i * k + j]) / (1 + step);
        p[j] /= 1 + step;
      }
    }
  }
  std::copy(p.begin(), p.end(), probabilities);
}

class PairwiseCouplingOp : public Op {
 public:
  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    const TensorInfo& r = inputs[0].info;
    const int64_t classes = r.shape.rank() == 2 ? ClassesOf(r.shape[1]) : 0;
    if (!IsFloat(r.dtype) || classes == 0) {
      return InvalidArgument("expected floats [n, k (k - 1) / 2] of k classes, found " +
                             r.ToString());
    }
    outputs->assign(1, {DType::kFloat32, Shape{r.shape[0], classes}});
    return Status::Ok();
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    HostTensor& p = (*outputs)[0];
    const int64_t pairs = inputs[0].shape()[1], classes = p.shape()[1];
    for (int64_t row = 0; row < p.shape()[0]; ++row) {
      Couple(inputs[0].f32() + row * pairs, static_cast<size_t>(classes), p.f32() + row * classes);
    }
    return Status::Ok();
  }

  Cost EstimateCost(const std::vector<OpInput>& inputs,
                    const std::vector<TensorInfo>& outputs) const override {
    Cost cost = Op::EstimateCost(inputs, outputs);
    constexpr double kRounds = 10;
    const Shape& p = outputs[0].shape;
    cost.flops = kRounds * 8 * static_cast<double>(p.elements()) * static_cast<double>(p[1]);
    return cost;
  }
};

StatusOr<std::unique_ptr<Op>> MakePairwiseCoupling(const Node&) {
  return std::unique_ptr<Op>(new PairwiseCouplingOp());
}

}  // namespace

extern const OpDefinition kPairwiseCouplingOp;
const OpDefinition kPairwiseCouplingOp = {"PairwiseCoupling", 1, 1, &MakePairwiseCoupling};

}  // namespace mace
