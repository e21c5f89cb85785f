// DynamicQuantizeLstm: an LSTM whose products take 8 bits, as com.microsoft's DynamicQuantizeLSTM.
//
//   x [t, n, i], w [d, i, 4h], r [d, h, 4h] (int8 or uint8), scale and zero point of w, scale and
//   zero point of r (each [d] or [d, 4h]), [bias [d, 8h]: of w, then of r], [h0 [d, n, h]],
//   [c0 [d, n, h]] to y [t, d, n, h], the last h [d, n, h] and the last c [d, n, h].
//
// t steps, n sequences, d directions, h hidden numbers; the gates are in the order i, o, f, c.
// Attributes: hidden (h), direction ("forward", "reverse", "bidirectional").
//
// x is quantized once, over all its elements, and the state h before each step, over all sequences.
// That makes the op sensitive: a state that differs in its last bit may round to another level, and
// long sequences amplify that without bound. So the arithmetic is that of ONNX Runtime's kernel on
// x86-64 to the bit: float32, in its order, with its approximations of the gates' functions
// (lstm_functions.h). https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md
//
// Where the driver computes on a processor of the host that multiplies bytes in vectors, kernels
// walk the steps (dynamic_quantize_lstm.cl). Their bits are those of the reference. Elsewhere the op
// runs on the CPU.
#ifndef MACE_OPS_RECURRENT_DYNAMIC_QUANTIZE_LSTM_H_
#define MACE_OPS_RECURRENT_DYNAMIC_QUANTIZE_LSTM_H_

#include <vector>

#include "mace/ops/op.h"

namespace mace {

// The inputs, in this order.
namespace dynamic_quantize_lstm {
enum Operand : size_t {
  kX,
  kW,
  kR,
  kWScale,
  kWZeroPoint,
  kRScale,
  kRZeroPoint,
  kBias,
  kInitialH,
  kInitialC,
};
}  // namespace dynamic_quantize_lstm

struct DynamicQuantizeLstmAttributes {
  static constexpr int64_t kGates = 4;

  int64_t hidden = 0;
  std::vector<bool> reversed;  // For each direction.

  int64_t columns() const { return kGates * hidden; }
  int64_t directions() const { return static_cast<int64_t>(reversed.size()); }
};

// See dynamic_quantize_lstm.cl; empty where it cannot.
std::vector<KernelVariant> LowerDynamicQuantizeLstm(const DynamicQuantizeLstmAttributes& attributes,
                                                    const LoweringRequest& request);

}  // namespace mace

#endif  // MACE_OPS_RECURRENT_DYNAMIC_QUANTIZE_LSTM_H_
