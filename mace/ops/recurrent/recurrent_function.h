// The functions of a recurrent cell's gates and states: those of ONNX's RNN, GRU and LSTM.
#ifndef MACE_OPS_RECURRENT_RECURRENT_FUNCTION_H_
#define MACE_OPS_RECURRENT_RECURRENT_FUNCTION_H_

#include <cmath>
#include <string>
#include <vector>

#include "mace/base/status.h"

namespace mace {

inline double Logistic(double x) { return 1 / (1 + std::exp(-x)); }

struct RecurrentFunction {
  // The numbers are those of recurrent.cl.
  enum class Kind {
    kSigmoid = 0,
    kTanh = 1,
    kRelu = 2,
    kAffine = 3,           // alpha * x + beta
    kLeakyRelu = 4,        // x below 0 times alpha
    kThresholdedRelu = 5,  // x above alpha, else 0
    kScaledTanh = 6,       // alpha * tanh(beta * x)
    kHardSigmoid = 7,      // alpha * x + beta cut to [0, 1]
    kElu = 8,              // alpha * (exp(x) - 1) below 0
    kSoftsign = 9,         // x / (1 + |x|)
    kSoftplus = 10,        // log(1 + exp(x))
  };
  Kind kind = Kind::kSigmoid;
  float alpha = 0;
  float beta = 0;

  double Apply(double x) const;
  // Whether every kernel knows it: the first three kinds.
  bool is_common() const { return kind <= Kind::kRelu; }
};

// The functions of these names, in any case. Those that have an alpha (a beta) take the next number
// of `alphas` (`betas`) in order, and their own default where none is left. kInvalidArgument: more
// numbers than the functions take; kUnsupported names another function, or one whose numbers are
// missing and which has no default that engines agree on (Affine, ScaledTanh, ThresholdedRelu).
StatusOr<std::vector<RecurrentFunction>> ParseRecurrentFunctions(
    const std::vector<std::string>& names, const std::vector<double>& alphas,
    const std::vector<double>& betas);

}  // namespace mace

#endif  // MACE_OPS_RECURRENT_RECURRENT_FUNCTION_H_
