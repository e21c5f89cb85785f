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
#include <Eigen/Core>
#include <algorithm>
#include <functional>
#include <thread>

#include "mace/base/catch_exhaustion.h"
#include "mace/base/memory_budget.h"
#include "mace/ops/op.h"
#include "mace/ops/recurrent/dynamic_levels.h"
#include "mace/ops/recurrent/lstm_functions.h"
#include "mace/ops/recurrent/lstm_matrix.h"
#include "mace/ops/recurrent/recurrent_shape.h"

namespace mace {
namespace {

constexpr int64_t kGates = 4;

bool IsGiven(const std::vector<HostTensor>& inputs, size_t index) {
  return index < inputs.size() && inputs[index].dtype() != DType::kInvalid;
}

// What the steps of one direction read and change: n sequences of h hidden numbers.
struct Direction {
  LstmMatrix w, r;
  std::vector<float> bias;  // [4h]: of w and of r, added.
  std::vector<float> h, c;  // [n, h].
};

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
    if (std::max(x[2], hidden_) > LstmMatrix::kMaxRows) {
      return Unsupported("expected at most " + std::to_string(LstmMatrix::kMaxRows) +
                         " numbers in x's rows and in the state, found " +
                         std::to_string(std::max(x[2], hidden_)));
    }
    MACE_ASSIGN_OR_RETURN(Shape y, Shape::Make({x[0], d, x[1], hidden_}));
    *outputs = {
        {DType::kFloat32, std::move(y)}, {DType::kFloat32, state}, {DType::kFloat32, state}};
    return Status::Ok();
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    const HostTensor& x = inputs[kX];
    const Shape& shape = x.shape();
    DynamicLevels levels;
    levels.Quantize(x.f32(), static_cast<size_t>(shape[0] * shape[1]),
                    static_cast<size_t>(shape[2]));
    const auto run = [&](size_t direction) {
      return CatchExhaustion([&] {
        RunDirection(inputs, direction, levels, outputs);
        return Status();
      });
    };
    if (reversed_.size() == 1) return run(0);
    return RunBoth(shape[0] * shape[1] >= StepsWorthAThread(), run);
  }

  Cost EstimateCost(const std::vector<OpInput>& inputs,
                    const std::vector<TensorInfo>& outputs) const override {
    Cost cost = Op::EstimateCost(inputs, outputs);
    cost.flops = RecurrentFlops(inputs);
    return cost;
  }

 private:
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

  // The steps of one sequence that take several times as long as to start a thread, some 0.2 ms.
  int64_t StepsWorthAThread() const { return 4'000'000 / (kGates * hidden_ * hidden_ + 1); }

  // run(0) and run(1), on two threads if that is worth it and there are more. Gives the first error.
  static Status RunBoth(bool on_threads, const std::function<Status(size_t)>& run) {
    Status second;
    std::thread other;
    if (on_threads) {
      // Without another thread this one does all the work.
      static_cast<void>(CatchExhaustion([&] {
        other = std::thread([&, budget = ScopedMemoryBudget::Current()] {
          const ScopedMemoryBudget scope(budget);
          second = run(1);
        });
        return Status();
      }));
    }
    const Status first = run(0);
    if (other.joinable()) {
      other.join();
    } else if (first.ok()) {
      second = run(1);
    }
    return first.ok() ? second : first;
  }

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

  Direction MakeDirection(const std::vector<HostTensor>& inputs, size_t direction) const {
    return {LstmMatrix({inputs[kW], inputs[kWScale], inputs[kWZeroPoint]}, direction),
            LstmMatrix({inputs[kR], inputs[kRScale], inputs[kRZeroPoint]}, direction),
            Bias(inputs, direction), InitialState(inputs, kInitialH, direction),
            InitialState(inputs, kInitialC, direction)};
  }

  // The products with x are made for some steps together, so that their weights are read once for
  // all of these.
  void RunDirection(const std::vector<HostTensor>& inputs, size_t direction, const DynamicLevels& x,
                    std::vector<HostTensor>* outputs) const {
    constexpr int64_t kStepsAtOnce = 16;
    // To prepare takes about as long as two steps.
    constexpr int64_t kManySteps = 8;
    constexpr int64_t kRowsOfAProduct = 4;  // A product takes as many rows together.
    const int64_t steps = inputs[kX].shape()[0];
    const auto sequences = static_cast<size_t>(inputs[kX].shape()[1]);
    Direction state = MakeDirection(inputs, direction);
    if (steps >= kManySteps) state.r.PrepareForManyProducts();
    if (steps * inputs[kX].shape()[1] >= kManySteps * kRowsOfAProduct) {
      state.w.PrepareForManyProducts();
    }
    const size_t step_size = sequences * state.w.columns();
    std::vector<float> products(static_cast<size_t>(std::min(kStepsAtOnce, steps)) * step_size);
    DynamicLevels levels;
    std::vector<float> gates(step_size);
    for (int64_t done = 0; done < steps; done += kStepsAtOnce) {
      const int64_t count = std::min(kStepsAtOnce, steps - done);
      const bool back = reversed_[direction];
      const int64_t first = back ? steps - done - count : done;
      state.w.Multiply(x, static_cast<size_t>(first) * sequences,
                       static_cast<size_t>(count) * sequences, products.data());
      for (int64_t i = 0; i < count; ++i) {
        const auto of = static_cast<size_t>(back ? count - 1 - i : i);
        levels.Quantize(state.h.data(), sequences, static_cast<size_t>(hidden_));
        state.r.Multiply(levels, 0, sequences, gates.data());
        Step(products.data() + of * step_size, gates.data(), &state);
        const size_t row = (static_cast<size_t>(first) + of) * reversed_.size() + direction;
        std::copy(state.h.begin(), state.h.end(), (*outputs)[0].f32() + row * state.h.size());
      }
    }
    std::copy(state.h.begin(), state.h.end(), (*outputs)[1].f32() + direction * state.h.size());
    std::copy(state.c.begin(), state.c.end(), (*outputs)[2].f32() + direction * state.c.size());
  }

  // `products` are those with x, and `gates` those with the state, which the gates replace: i, o, f,
  // c of each sequence.
  void Step(const float* products, float* gates, Direction* state) const {
    using Numbers = Eigen::Map<Eigen::ArrayXf>;
    using Constants = Eigen::Map<const Eigen::ArrayXf>;
    const auto all = static_cast<Eigen::Index>(kGates * hidden_);
    const auto hidden = static_cast<Eigen::Index>(hidden_);
    const auto count = static_cast<size_t>(hidden_);
    const Constants bias(state->bias.data(), all);
    const size_t sequences = state->h.size() / count;
    for (size_t n = 0; n < sequences; ++n, products += all, gates += all) {
      Numbers sums(gates, all);
      sums = (Constants(products, all) + sums) + bias;
      ApplyLstmLogistic(gates, 3 * count);
      ApplyLstmTanh(gates + 3 * count, count);
      Numbers input(gates, hidden), output(gates + count, hidden), kept(gates + 2 * count, hidden);
      Numbers h(state->h.data() + n * count, hidden), c(state->c.data() + n * count, hidden);
      // Each product goes to memory before it is added, so that it is rounded.
      kept *= c;
      input *= Constants(gates + 3 * count, hidden);
      c = kept + input;
      h = c;
      ApplyLstmTanh(h.data(), count);
      h *= output;
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
