// Recurrent: a whole RNN, GRU or LSTM over a sequence, in one or both directions, as ONNX defines
// them.
//
//   x [t, n, i], w [d, g * h, i], r [d, g * h, h], [bias [d, 2 * g * h]: of w, then of r],
//   [lengths [n], integers], [h0 [d, n, h]], [c0 [d, n, h], LSTM], [peepholes [d, 3 * h], LSTM]
//   to y [t, d, n, h], the last h [d, n, h] and, for an LSTM, the last c [d, n, h].
//
// t steps, n sequences, d directions, g gates (RNN 1; GRU 3: z, r, h; LSTM 4: i, o, f, c). Steps
// behind a sequence's length are 0 in y, and the backward direction begins at the length.
//
// Attributes: cell ("RNN", "GRU", "LSTM"), hidden (h), direction ("forward", "reverse",
// "bidirectional"), activations (the names of each direction's functions, by commas:
// recurrent_function.h; empty: the cell's own) with activation_alpha and activation_beta, clip (0:
// none; gates are cut to [-clip, clip] before their functions), linear_before_reset (GRU),
// input_forget (LSTM: f = 1 - i).
//
// On the GPU where w, r, the bias and the peepholes are constant: one matrix product for x of all
// steps, and a work-group for each sequence and direction, see recurrent.cl. A length that a kernel
// made is cut to [0, t].
#ifndef MACE_OPS_RECURRENT_RECURRENT_H_
#define MACE_OPS_RECURRENT_RECURRENT_H_

#include <string>
#include <vector>

#include "mace/ops/op.h"
#include "mace/ops/recurrent/recurrent_function.h"

namespace mace {

// The numbers are those of recurrent.cl.
enum class RecurrentCell { kRnn = 0, kGru = 1, kLstm = 2 };
// The inputs, in this order.
enum RecurrentOperand : size_t { kX, kW, kR, kBias, kLengths, kInitialH, kInitialC, kPeepholes };

struct RecurrentAttributes {
  RecurrentCell cell = RecurrentCell::kRnn;
  int64_t hidden = 0;
  std::vector<bool> reversed;  // For each direction.
  // For each direction as many as the cell has: RNN f; GRU f, g; LSTM f, g, h.
  std::vector<RecurrentFunction> functions;
  double clip = 0;
  bool linear_before_reset = false;
  bool input_forget = false;

  int64_t gates() const {
    return cell == RecurrentCell::kRnn ? 1 : (cell == RecurrentCell::kGru ? 3 : 4);
  }
  size_t functions_each() const { return static_cast<size_t>(cell) + 1; }
  int64_t directions() const { return static_cast<int64_t>(reversed.size()); }

  static StatusOr<RecurrentAttributes> Parse(const AttributeMap& attributes);
};

// One step of one direction: changes the state of one sequence, `hidden` numbers. `w` and `r` are
// the gates' products with the input and with the state, biases included apart.
struct RecurrentGates {
  const RecurrentAttributes* attributes;
  size_t direction;
  const float* recurrent;  // r of this direction.
  const float* w_bias;     // Null: zeros.
  const float* r_bias;
  const float* peepholes;  // Null: none.
};

// `input` holds w * x of all gates; h and c are replaced.
void StepRecurrent(const RecurrentGates& gates, const std::vector<double>& input,
                   std::vector<double>* h, std::vector<double>* c);

// See recurrent.cl; empty where it cannot.
std::vector<KernelVariant> LowerRecurrent(const RecurrentAttributes& attributes,
                                          const LoweringRequest& request);

}  // namespace mace

#endif  // MACE_OPS_RECURRENT_RECURRENT_H_
