#include <algorithm>

#include "mace/base/strings.h"
#include "mace/ops/recurrent/recurrent.h"
#include "mace/ops/recurrent/recurrent_shape.h"

namespace mace {
namespace {

// One step's arithmetic.
class Step {
 public:
  Step(const RecurrentGates& gates, const std::vector<double>& input, const std::vector<double>& h)
      : gates_(gates), attributes_(*gates.attributes), input_(input), h_(h) {}

  size_t hidden() const { return static_cast<size_t>(attributes_.hidden); }
  double Function(size_t which, double x) const {
    if (attributes_.clip > 0) x = std::clamp(x, -attributes_.clip, attributes_.clip);
    return FunctionAt(which).Apply(x);
  }
  // Not clipped: of the cell's state.
  double Output(double c) const { return FunctionAt(2).Apply(c); }
  double Input(size_t gate, size_t k) const {
    const size_t at = gate * hidden() + k;
    return input_[at] + (gates_.w_bias == nullptr ? 0 : double{gates_.w_bias[at]});
  }
  // r * state, with its bias.
  double Recurrent(size_t gate, size_t k, const std::vector<double>& state) const {
    const size_t at = gate * hidden() + k;
    const float* row = gates_.recurrent + at * hidden();
    double sum = gates_.r_bias == nullptr ? 0 : double{gates_.r_bias[at]};
    for (size_t i = 0; i < hidden(); ++i) sum += row[i] * state[i];
    return sum;
  }
  double Recurrent(size_t gate, size_t k) const { return Recurrent(gate, k, h_); }
  double Peephole(size_t gate, size_t k, double c) const {
    return gates_.peepholes == nullptr ? 0 : gates_.peepholes[gate * hidden() + k] * c;
  }

 private:
  const RecurrentFunction& FunctionAt(size_t which) const {
    return attributes_.functions[gates_.direction * attributes_.functions_each() + which];
  }

  const RecurrentGates& gates_;
  const RecurrentAttributes& attributes_;
  const std::vector<double>& input_;
  const std::vector<double>& h_;
};

void StepGru(const Step& step, bool linear_before_reset, std::vector<double>* h) {
  const std::vector<double> before = *h;
  std::vector<double> update(before.size()), reset(before.size()), scaled(before.size());
  for (size_t k = 0; k < before.size(); ++k) {
    update[k] = step.Function(0, step.Input(0, k) + step.Recurrent(0, k, before));
    reset[k] = step.Function(0, step.Input(1, k) + step.Recurrent(1, k, before));
    scaled[k] = reset[k] * before[k];
  }
  for (size_t k = 0; k < before.size(); ++k) {
    const double recurrent = linear_before_reset ? reset[k] * step.Recurrent(2, k, before)
                                                 : step.Recurrent(2, k, scaled);
    const double candidate = step.Function(1, step.Input(2, k) + recurrent);
    (*h)[k] = (1 - update[k]) * candidate + update[k] * before[k];
  }
}

void StepLstm(const Step& step, bool input_forget, std::vector<double>* h, std::vector<double>* c) {
  std::vector<double> result(h->size());
  for (size_t k = 0; k < h->size(); ++k) {
    const double old = (*c)[k];
    const auto gate = [&](size_t at) { return step.Input(at, k) + step.Recurrent(at, k); };
    const double input = step.Function(0, gate(0) + step.Peephole(0, k, old));
    const double forget =
        input_forget ? 1 - input : step.Function(0, gate(2) + step.Peephole(2, k, old));
    (*c)[k] = forget * old + input * step.Function(1, gate(3));
    const double output = step.Function(0, gate(1) + step.Peephole(1, k, (*c)[k]));
    result[k] = output * step.Output((*c)[k]);
  }
  *h = std::move(result);
}

}  // namespace

StatusOr<RecurrentAttributes> RecurrentAttributes::Parse(const AttributeMap& attributes) {
  RecurrentAttributes result;
  const std::string cell = attributes.GetString("cell", "");
  if (cell != "RNN" && cell != "GRU" && cell != "LSTM") {
    return InvalidArgument("cell: expected RNN, GRU or LSTM, found '" + Printable(cell) + "'");
  }
  result.cell = cell == "RNN"   ? RecurrentCell::kRnn
                : cell == "GRU" ? RecurrentCell::kGru
                                : RecurrentCell::kLstm;
  MACE_ASSIGN_OR_RETURN(result.hidden, ParseRecurrentHidden(attributes));
  MACE_ASSIGN_OR_RETURN(result.reversed, ParseRecurrentDirections(attributes));
  const std::string given = attributes.GetString("activations", "");
  std::vector<std::string> names;
  if (!given.empty()) names = Split(given, ',');
  const char* const own[3][3] = {{"Tanh"}, {"Sigmoid", "Tanh"}, {"Sigmoid", "Tanh", "Tanh"}};
  for (size_t i = 0; given.empty() && i < result.reversed.size(); ++i) {
    for (size_t k = 0; k < result.functions_each(); ++k) {
      names.push_back(own[static_cast<int>(result.cell)][k]);
    }
  }
  if (names.size() != result.functions_each() * result.reversed.size()) {
    return InvalidArgument("activations: expected " +
                           std::to_string(result.functions_each() * result.reversed.size()) +
                           ", found " + std::to_string(names.size()));
  }
  MACE_ASSIGN_OR_RETURN(result.functions,
                        ParseRecurrentFunctions(names, attributes.GetFloats("activation_alpha"),
                                                attributes.GetFloats("activation_beta")));
  result.clip = attributes.GetFloat("clip", 0);
  result.linear_before_reset = attributes.GetInt("linear_before_reset", 0) != 0;
  result.input_forget = attributes.GetInt("input_forget", 0) != 0;
  return result;
}

void StepRecurrent(const RecurrentGates& gates, const std::vector<double>& input,
                   std::vector<double>* h, std::vector<double>* c) {
  const std::vector<double> before = *h;
  const Step step(gates, input, before);
  switch (gates.attributes->cell) {
    case RecurrentCell::kRnn:
      for (size_t k = 0; k < h->size(); ++k) {
        (*h)[k] = step.Function(0, step.Input(0, k) + step.Recurrent(0, k));
      }
      break;
    case RecurrentCell::kGru:
      StepGru(step, gates.attributes->linear_before_reset, h);
      break;
    case RecurrentCell::kLstm:
      StepLstm(step, gates.attributes->input_forget, h, c);
      break;
  }
}

}  // namespace mace
