#include "mace/ops/recurrent/recurrent.h"

#include <algorithm>

#include "mace/ops/lowering_support.h"
#include "mace/ops/recurrent/recurrent_shape.h"

namespace mace {
namespace {

class RecurrentOp : public Op {
 public:
  explicit RecurrentOp(RecurrentAttributes attributes) : attributes_(std::move(attributes)) {}

  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    const Shape& x = inputs[kX].info.shape;
    if (x.rank() != 3) return InvalidArgument("x: expected [t, n, i], found " + x.ToString());
    const int64_t h = attributes_.hidden, d = attributes_.directions(), g = attributes_.gates();
    const Shape shapes[] = {x,      {d, g * h, x[2]}, {d, g * h, h}, {d, 2 * g * h},
                            {x[1]}, {d, x[1], h},     {d, x[1], h},  {d, 3 * h}};
    const char* const names[] = {"x", "w", "r", "bias", "lengths", "h0", "c0", "peepholes"};
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (!inputs[i].present && i > kR) continue;
      const TensorInfo& info = inputs[i].info;
      const bool integers = !IsFloat(info.dtype) && info.dtype != DType::kBool;
      const bool fits = i == kLengths ? integers : IsFloat(info.dtype);
      if (inputs[i].present && fits && info.shape == shapes[i]) continue;
      return InvalidArgument(std::string(names[i]) + ": expected " + shapes[i].ToString() +
                             ", found " + info.ToString());
    }
    MACE_ASSIGN_OR_RETURN(Shape y, Shape::Make({x[0], d, x[1], h}));
    const Shape state = {d, x[1], h};
    *outputs = {{DType::kFloat32, std::move(y)}, {DType::kFloat32, state}};
    if (attributes_.cell == RecurrentCell::kLstm) outputs->push_back({DType::kFloat32, state});
    return Status::Ok();
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    const Shape& x = inputs[kX].shape();
    std::vector<int64_t> lengths(static_cast<size_t>(x[1]), x[0]);
    if (IsGiven(inputs, kLengths)) lengths = ToInt64Vector(inputs[kLengths]);
    for (int64_t length : lengths) {
      if (length >= 0 && length <= x[0]) continue;
      return InvalidArgument("lengths: expected 0 to " + std::to_string(x[0]) + ", found " +
                             std::to_string(length));
    }
    for (int64_t d = 0; d < attributes_.directions(); ++d) {
      for (int64_t n = 0; n < x[1]; ++n) {
        RunSequence(inputs, d, n, lengths[static_cast<size_t>(n)], outputs);
      }
    }
    return Status::Ok();
  }

  std::vector<KernelVariant> Lower(const LoweringRequest& request) const override {
    return LowerRecurrent(attributes_, request);
  }

  Cost EstimateCost(const std::vector<OpInput>& inputs,
                    const std::vector<TensorInfo>& outputs) const override {
    Cost cost = Op::EstimateCost(inputs, outputs);
    cost.flops = RecurrentFlops(inputs);
    return cost;
  }

 private:
  static bool IsGiven(const std::vector<HostTensor>& inputs, size_t index) {
    return index < inputs.size() && inputs[index].dtype() != DType::kInvalid;
  }
  // The elements of one direction; null where the operand is not given.
  static const float* Part(const std::vector<HostTensor>& inputs, size_t index, int64_t direction) {
    if (!IsGiven(inputs, index)) return nullptr;
    const Shape& shape = inputs[index].shape();
    return inputs[index].f32() + direction * shape.elements(1, shape.rank());
  }

  std::vector<double> State(const std::vector<HostTensor>& inputs, size_t index, int64_t direction,
                            int64_t n) const {
    std::vector<double> state(static_cast<size_t>(attributes_.hidden), 0);
    const float* from = Part(inputs, index, direction);
    if (from != nullptr) std::copy_n(from + n * attributes_.hidden, state.size(), state.begin());
    return state;
  }

  void RunSequence(const std::vector<HostTensor>& inputs, int64_t d, int64_t n, int64_t length,
                   std::vector<HostTensor>* outputs) const {
    const Shape& x = inputs[kX].shape();
    const int64_t hidden = attributes_.hidden, rows = attributes_.gates() * hidden;
    const float* bias = Part(inputs, kBias, d);
    const RecurrentGates gates = {&attributes_,
                                  static_cast<size_t>(d),
                                  Part(inputs, kR, d),
                                  bias,
                                  bias == nullptr ? nullptr : bias + rows,
                                  Part(inputs, kPeepholes, d)};
    std::vector<double> h = State(inputs, kInitialH, d, n), c = State(inputs, kInitialC, d, n);
    std::vector<double> input(static_cast<size_t>(rows));
    for (int64_t step = 0; step < length; ++step) {
      const int64_t t = attributes_.reversed[static_cast<size_t>(d)] ? length - 1 - step : step;
      const float* from = inputs[kX].f32() + (t * x[1] + n) * x[2];
      const float* w = Part(inputs, kW, d);
      for (double& sum : input) {
        sum = 0;
        for (int64_t i = 0; i < x[2]; ++i) sum += double{w[i]} * from[i];
        w += x[2];
      }
      StepRecurrent(gates, input, &h, &c);
      Store(h, (*outputs)[0].f32() + ((t * attributes_.directions() + d) * x[1] + n) * hidden);
    }
    Store(h, (*outputs)[1].f32() + (d * x[1] + n) * hidden);
    if (outputs->size() > 2) Store(c, (*outputs)[2].f32() + (d * x[1] + n) * hidden);
  }

  static void Store(const std::vector<double>& state, float* to) {
    for (double value : state) *to++ = static_cast<float>(value);
  }

  const RecurrentAttributes attributes_;
};

StatusOr<std::unique_ptr<Op>> MakeRecurrent(const Node& node) {
  MACE_ASSIGN_OR_RETURN(RecurrentAttributes attributes,
                        RecurrentAttributes::Parse(node.attributes));
  return std::unique_ptr<Op>(new RecurrentOp(std::move(attributes)));
}

}  // namespace

extern const OpDefinition kRecurrentOp;
const OpDefinition kRecurrentOp = {"Recurrent", 3, 8, &MakeRecurrent};

}  // namespace mace
