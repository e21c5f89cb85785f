// The approximations of the logistic function and of tanh that ONNX Runtime computes on x86-64, to
// the bit. Ops whose results depend on the last bit of a gate use them, and no others.
//
// Both are rational functions of x, an odd polynomial over an even one, whose coefficients are
// those of Eigen's generic_fast_tanh_float and of its logistic function. Each step of Horner's
// rule is a fused multiplication and addition.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_OPS_RECURRENT_LSTM_FUNCTIONS_H_
#define MACE_OPS_RECURRENT_LSTM_FUNCTIONS_H_

#include <cstddef>

namespace mace {

// 1 / (1 + exp(-x)) within 2e-7; x is cut to [-18, 18]. A NaN stays one.
float LstmLogistic(float x);

// tanh(x) within 4e-7; x is cut to [-9, 9]. A NaN stays one.
float LstmTanh(float x);

// Replaces each of `count` numbers by its function: the bits are those of the functions above, and
// vectors of the processor compute them where it has vectors of fused operations.
void ApplyLstmLogistic(float* numbers, size_t count);
void ApplyLstmTanh(float* numbers, size_t count);

}  // namespace mace

#endif  // MACE_OPS_RECURRENT_LSTM_FUNCTIONS_H_
