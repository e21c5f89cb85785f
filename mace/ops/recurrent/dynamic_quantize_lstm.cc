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
#include <algorithm>
#include <cmath>

#include "mace/base/divide.h"
#include "mace/ops/op.h"
#include "mace/ops/recurrent/lstm_functions.h"
#include "mace/ops/recurrent/recurrent_shape.h"

namespace mace {
namespace {

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
constexpr int64_t kGates = 4;

bool IsGiven(const std::vector<HostTensor>& inputs, size_t index) {
  return index < inputs.size() && inputs[index].dtype() != DType::kInvalid;
}

// Numbers of 8 bits, less their zero point.
struct Quantized {
  std::vector<int16_t> levels;
  float scale = 1;
};

// As DynamicQuantizeLinear: the range is that of the numbers and 0.
void Quantize(const float* numbers, size_t count, Quantized* result) {
  float low = 0, high = 0;
  for (size_t i = 0; i < count; ++i) {
    low = std::min(low, numbers[i]);
    high = std::max(high, numbers[i]);
  }
  result->scale = low == high ? 1 : (high - low) / 255;
  const float zero_point = std::nearbyint(std::clamp(-low / result->scale, 0.0f, 255.0f));
  result->levels.resize(count);
  for (size_t i = 0; i < count; ++i) {
    const float level = std::nearbyint(numbers[i] / result->scale) + zero_point;
    result->levels[i] = static_cast<int16_t>(std::clamp(level, 0.0f, 255.0f) - zero_point);
  }
}

// The weights [rows, columns] of one direction.
struct Weights {
  // Columns whose sums are taken together: they stay in registers, and a count that the compiler
  // knows lets it use vectors.
  static constexpr size_t kTile = 32;

  size_t rows = 0;
  std::vector<int16_t> levels;  // [tile of columns][row][column of the tile], less zero points.
  std::vector<float> scales;    // For each column.

  size_t columns() const { return scales.size(); }
  size_t Place(size_t row, size_t column) const {
    return (column / kTile * rows + row) * kTile + column % kTile;
  }
  // Row `row` of x times the weights: sums of integers, scaled once.
  void Multiply(const Quantized& x, size_t row, float* to) const {
    const int16_t* const factors = x.levels.data() + row * rows;
    for (size_t first = 0; first < columns(); first += kTile) {
      int32_t sums[kTile] = {};
      const int16_t* from = levels.data() + first * rows;
      for (size_t r = 0; r < rows; ++r, from += kTile) {
        for (size_t c = 0; c < kTile; ++c) sums[c] += int32_t{factors[r]} * int32_t{from[c]};
      }
      const size_t count = std::min(kTile, columns() - first);
      for (size_t c = 0; c < count; ++c) {
        to[first + c] = static_cast<float>(sums[c]) * (x.scale * scales[first + c]);
      }
    }
  }
};

// The integers [rows, columns] of a direction, less their zero points.
template <typename Integer>
void TakeLevels(const Integer* from, const std::vector<int16_t>& zero_points, Weights* weights) {
  for (size_t r = 0; r < weights->rows; ++r) {
    for (size_t c = 0; c < zero_points.size(); ++c) {
      weights->levels[weights->Place(r, c)] = static_cast<int16_t>(int{*from++} - zero_points[c]);
    }
  }
}

Weights ReadWeights(const std::vector<HostTensor>& inputs, size_t operand, int64_t direction) {
  const HostTensor& integers = inputs[operand];
  const size_t first = operand == kW ? kWScale : kRScale;
  const HostTensor &scales = inputs[first], &zero_points = inputs[first + 1];
  const int64_t rows = integers.shape()[1], columns = integers.shape()[2];
  const std::vector<int64_t> zeros = ToInt64Vector(zero_points);
  Weights result;
  result.rows = static_cast<size_t>(rows);
  std::vector<int16_t> zero_of_column;
  for (int64_t c = 0; c < columns; ++c) {
    const bool each = scales.shape().rank() == 2;
    result.scales.push_back(scales.f32()[each ? direction * columns + c : direction]);
    const bool each_zero = zero_points.shape().rank() == 2;
    zero_of_column.push_back(static_cast<int16_t>(
        zeros[static_cast<size_t>(each_zero ? direction * columns + c : direction)]));
  }
  result.levels.resize(result.rows * RoundUp(result.columns(), Weights::kTile));
  const int64_t at = direction * rows * columns;
  if (integers.dtype() == DType::kInt8) {
    TakeLevels(integers.data<int8_t>() + at, zero_of_column, &result);
  } else {
    TakeLevels(integers.data<uint8_t>() + at, zero_of_column, &result);
  }
  return result;
}

class DynamicQuantizeLstmOp : public Op {
 public:
  DynamicQuantizeLstmOp(int64_t hidden, std::vector<bool> reversed)
      : hidden_(hidden), reversed_(std::move(reversed)) {}

  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    const Shape& x = inputs[kX].info.shape;
    if (x.rank() != 3) return InvalidArgument("x: expected [t, n, i], found " + x.ToString());
    const auto d = static_cast<int64_t>(reversed_.size());
    const Shape state = {d, x[1], hidden_};
    const Shape shapes[] = {x,
                            {d, x[2], kGates * hidden_},
                            {d, hidden_, kGates * hidden_},
                            {d},
                            {d},
                            {d},
                            {d},
                            {d, 2 * kGates * hidden_},
                            state,
                            state};
    const char* const names[] = {
        "x", "w", "r", "w scale", "w zero point", "r scale", "r zero point", "bias", "h0", "c0"};
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (!inputs[i].present && i >= kBias) continue;
      const TensorInfo& info = inputs[i].info;
      const bool integers = i == kW || i == kR || i == kWZeroPoint || i == kRZeroPoint;
      const bool is_int8 = info.dtype == DType::kInt8 || info.dtype == DType::kUInt8;
      const bool quantizes = i >= kWScale && i <= kRZeroPoint;
      const Shape each = {d, kGates * hidden_};
      const bool fits = info.shape == shapes[i] || (quantizes && info.shape == each);
      if (inputs[i].present && fits && (integers ? is_int8 : IsFloat(info.dtype))) continue;
      return InvalidArgument(std::string(names[i]) + ": expected " + shapes[i].ToString() +
                             (integers ? " of int8 or uint8" : " of floats") + ", found " +
                             info.ToString());
    }
    MACE_ASSIGN_OR_RETURN(Shape y, Shape::Make({x[0], d, x[1], hidden_}));
    *outputs = {
        {DType::kFloat32, std::move(y)}, {DType::kFloat32, state}, {DType::kFloat32, state}};
    return Status::Ok();
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    const HostTensor& x = inputs[kX];
    Quantized quantized;
    Quantize(x.f32(), static_cast<size_t>(x.shape().elements()), &quantized);
    for (size_t d = 0; d < reversed_.size(); ++d) RunDirection(inputs, d, quantized, outputs);
    return Status::Ok();
  }

  Cost EstimateCost(const std::vector<OpInput>& inputs,
                    const std::vector<TensorInfo>& outputs) const override {
    Cost cost = Op::EstimateCost(inputs, outputs);
    cost.flops = RecurrentFlops(inputs);
    return cost;
  }

 private:
  size_t state_size(const Shape& x) const { return static_cast<size_t>(x[1] * hidden_); }

  std::vector<float> InitialState(const std::vector<HostTensor>& inputs, size_t operand,
                                  size_t direction) const {
    std::vector<float> state(state_size(inputs[kX].shape()), 0);
    if (!IsGiven(inputs, operand)) return state;
    std::copy_n(inputs[operand].f32() + direction * state.size(), state.size(), state.begin());
    return state;
  }

  // For each gate and hidden number the bias of w and that of r, added.
  std::vector<float> Bias(const std::vector<HostTensor>& inputs, size_t direction) const {
    std::vector<float> bias(static_cast<size_t>(kGates * hidden_), 0);
    if (!IsGiven(inputs, kBias)) return bias;
    const float* from = inputs[kBias].f32() + 2 * direction * bias.size();
    for (size_t k = 0; k < bias.size(); ++k) bias[k] = from[k] + from[k + bias.size()];
    return bias;
  }

  void RunDirection(const std::vector<HostTensor>& inputs, size_t direction, const Quantized& x,
                    std::vector<HostTensor>* outputs) const {
    const Shape& shape = inputs[kX].shape();
    const auto d = static_cast<int64_t>(direction);
    const Weights w = ReadWeights(inputs, kW, d), r = ReadWeights(inputs, kR, d);
    const std::vector<float> bias = Bias(inputs, direction);
    std::vector<float> h = InitialState(inputs, kInitialH, direction);
    std::vector<float> c = InitialState(inputs, kInitialC, direction);
    std::vector<float> gates(w.columns()), recurrent(w.columns());
    Quantized state;
    const auto sequences = static_cast<size_t>(shape[1]), hidden = static_cast<size_t>(hidden_);
    for (int64_t step = 0; step < shape[0]; ++step) {
      const int64_t t = reversed_[direction] ? shape[0] - 1 - step : step;
      Quantize(h.data(), h.size(), &state);
      for (size_t n = 0; n < sequences; ++n) {
        w.Multiply(x, static_cast<size_t>(t) * sequences + n, gates.data());
        r.Multiply(state, n, recurrent.data());
        for (size_t k = 0; k < gates.size(); ++k) gates[k] = (gates[k] + recurrent[k]) + bias[k];
        StepLstm(gates.data(), hidden, h.data() + n * hidden, c.data() + n * hidden);
      }
      const size_t row = static_cast<size_t>(t) * reversed_.size() + direction;
      std::copy(h.begin(), h.end(), (*outputs)[0].f32() + row * h.size());
    }
    std::copy(h.begin(), h.end(), (*outputs)[1].f32() + direction * h.size());
    std::copy(c.begin(), c.end(), (*outputs)[2].f32() + direction * c.size());
  }

  // `gates` holds i, o, f, c of one sequence before their functions.
  static void StepLstm(const float* gates, size_t hidden, float* h, float* c) {
    for (size_t k = 0; k < hidden; ++k) {
      const float input = LstmLogistic(gates[k]), output = LstmLogistic(gates[hidden + k]);
      const float forget = LstmLogistic(gates[2 * hidden + k]);
      // Volatile: each product is rounded, whatever a compiler could fuse.
      const volatile float kept = c[k] * forget;
      const volatile float added = input * LstmTanh(gates[3 * hidden + k]);
      c[k] = kept + added;
      h[k] = output * LstmTanh(c[k]);
    }
  }

  const int64_t hidden_;
  const std::vector<bool> reversed_;  // For each direction.
};

StatusOr<std::unique_ptr<Op>> MakeDynamicQuantizeLstm(const Node& node) {
  MACE_ASSIGN_OR_RETURN(const int64_t hidden, ParseRecurrentHidden(node.attributes));
  MACE_ASSIGN_OR_RETURN(std::vector<bool> reversed, ParseRecurrentDirections(node.attributes));
  return std::unique_ptr<Op>(new DynamicQuantizeLstmOp(hidden, std::move(reversed)));
}

}  // namespace

extern const OpDefinition kDynamicQuantizeLstmOp;
const OpDefinition kDynamicQuantizeLstmOp = {"DynamicQuantizeLstm", 7, 10,
                                             &MakeDynamicQuantizeLstm};

}  // namespace mace
