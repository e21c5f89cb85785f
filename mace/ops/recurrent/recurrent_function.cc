#include "mace/ops/recurrent/recurrent_function.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "mace/base/strings.h"

namespace mace {
namespace {

using Kind = RecurrentFunction::Kind;

// A function with the defaults of the numbers that it has.
struct Known {
  const char* name;
  Kind kind;
  std::optional<float> alpha, beta;
  bool must_be_given = false;
};

const Known kKnown[] = {
    {"sigmoid", Kind::kSigmoid, {}, {}},
    {"tanh", Kind::kTanh, {}, {}},
    {"relu", Kind::kRelu, {}, {}},
    {"affine", Kind::kAffine, 1.0f, 0.0f, true},
    {"leakyrelu", Kind::kLeakyRelu, 0.01f, {}},
    {"thresholdedrelu", Kind::kThresholdedRelu, 1.0f, {}, true},
    {"scaledtanh", Kind::kScaledTanh, 1.0f, 1.0f, true},
    {"hardsigmoid", Kind::kHardSigmoid, 0.2f, 0.5f},
    {"elu", Kind::kElu, 1.0f, {}},
    {"softsign", Kind::kSoftsign, {}, {}},
    {"softplus", Kind::kSoftplus, {}, {}},
};

const Known* FindFunction(const std::string& name) {
  std::string lower = name;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  for (const Known& known : kKnown) {
    if (lower == known.name) return &known;
  }
  return nullptr;
}

// The next of the given numbers, or the default; 0 where the function has none.
float Take(const std::optional<float>& fallback, const std::vector<double>& given, size_t* next) {
  if (!fallback.has_value()) return 0;
  return *next < given.size() ? static_cast<float>(given[(*next)++]) : *fallback;
}

}  // namespace

double RecurrentFunction::Apply(double x) const {
  const double a = double{alpha}, b = double{beta};
  switch (kind) {
    case Kind::kSigmoid:
      return Logistic(x);
    case Kind::kTanh:
      return std::tanh(x);
    case Kind::kRelu:
      return x < 0 ? 0 : x;
    case Kind::kAffine:
      return a * x + b;
    case Kind::kLeakyRelu:
      return x < 0 ? a * x : x;
    case Kind::kThresholdedRelu:
      return x > a ? x : 0;
    case Kind::kScaledTanh:
      return a * std::tanh(b * x);
    case Kind::kHardSigmoid:
      return std::clamp(a * x + b, 0.0, 1.0);
    case Kind::kElu:
      return x < 0 ? a * std::expm1(x) : x;
    case Kind::kSoftsign:
      return x / (1 + std::fabs(x));
    case Kind::kSoftplus:
      break;
  }
  return std::max(x, 0.0) + std::log1p(std::exp(-std::fabs(x)));
}

StatusOr<std::vector<RecurrentFunction>> ParseRecurrentFunctions(
    const std::vector<std::string>& names, const std::vector<double>& alphas,
    const std::vector<double>& betas) {
  std::vector<RecurrentFunction> functions;
  size_t next_alpha = 0, next_beta = 0;
  for (const std::string& name : names) {
    const Known* known = FindFunction(name);
    if (known == nullptr) {
      return Unsupported("activations: expected one of ONNX's recurrent ops, found '" +
                         Printable(name) + "'");
    }
    const bool has_alpha = next_alpha < alphas.size();
    const bool has_beta = !known->beta.has_value() || next_beta < betas.size();
    if (known->must_be_given && (!has_alpha || !has_beta)) {
      return Unsupported("activation_alpha, activation_beta: expected numbers for " + name +
                         ", whose default engines do not agree on, found none");
    }
    functions.push_back({known->kind, Take(known->alpha, alphas, &next_alpha),
                         Take(known->beta, betas, &next_beta)});
  }
  if (next_alpha == alphas.size() && next_beta == betas.size()) return functions;
  return InvalidArgument("activation_alpha, activation_beta: expected at most " +
                         std::to_string(next_alpha) + " and " + std::to_string(next_beta) +
                         " numbers, found " + std::to_string(alphas.size()) + " and " +
                         std::to_string(betas.size()));
}

}  // namespace mace
