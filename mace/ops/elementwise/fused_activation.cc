#include "mace/ops/elementwise/fused_activation.h"

#include <cmath>
#include <limits>

namespace mace {

StatusOr<FusedActivation> FusedActivation::Parse(const AttributeMap& attributes) {
  const std::string name = attributes.GetString("activation", "NOOP");
  const float coefficient = static_cast<float>(attributes.GetFloat("activation_coefficient", 0.0));
  FusedActivation result;
  if (name == "NOOP" || name.empty()) {
    result.kind = Kind::kNone;
  } else if (name == "RELU") {
    result.kind = Kind::kRelu;
  } else if (name == "RELUX") {
    result.kind = Kind::kReluX;
    result.a = static_cast<float>(attributes.GetFloat("max_limit", 0.0));
  } else if (name == "TANH") {
    result.kind = Kind::kTanh;
  } else if (name == "SIGMOID") {
    result.kind = Kind::kSigmoid;
  } else if (name == "LEAKYRELU") {
    result.kind = Kind::kLeakyRelu;
    result.a = coefficient;
  } else if (name == "ELU") {
    result.kind = Kind::kElu;
    result.a = static_cast<float>(attributes.GetFloat("activation_coefficient", 1.0));
  } else if (name == "HARDSIGMOID") {
    result.kind = Kind::kHardSigmoid;
    result.a = static_cast<float>(attributes.GetFloat("hardsigmoid_alpha", 0.2));
    result.b = static_cast<float>(attributes.GetFloat("hardsigmoid_beta", 0.5));
  } else if (name == "SILU") {
    result.kind = Kind::kSilu;
  } else if (name == "HARDSWISH") {
    result.kind = Kind::kHardSwish;
    result.a = static_cast<float>(attributes.GetFloat("hardsigmoid_alpha", 1.0 / 6));
    result.b = static_cast<float>(attributes.GetFloat("hardsigmoid_beta", 0.5));
  } else {
    return Unsupported("activation '" + name + "' is unknown here");
  }
  return result;
}

FusedActivation FusedActivation::AsClamp() const {
  if (kind != Kind::kNone && kind != Kind::kRelu && kind != Kind::kReluX) return *this;
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  FusedActivation clamp;
  clamp.kind = Kind::kClamp;
  clamp.a = kind == Kind::kNone ? -kInfinity : 0.0f;
  clamp.b = kind == Kind::kReluX ? a : kInfinity;
  return clamp;
}

float FusedActivation::Apply(float x) const {
  switch (kind) {
    case Kind::kNone:
      return x;
    case Kind::kRelu:
      return x < 0 ? 0.0f : x;
    case Kind::kReluX:
      return x < 0 ? 0.0f : (x > a ? a : x);
    case Kind::kTanh:
      return std::tanh(x);
    case Kind::kSigmoid:
      return 1.0f / (1.0f + std::exp(-x));
    case Kind::kLeakyRelu:
      return x < 0 ? x * a : x;
    case Kind::kElu:
      return x < 0 ? a * std::expm1(x) : x;
    case Kind::kHardSigmoid: {
      const float y = a * x + b;
      return y < 0 ? 0.0f : (y > 1 ? 1.0f : y);
    }
    case Kind::kClamp:
      return x < a ? a : (x > b ? b : x);
    case Kind::kSilu:
      return x / (1.0f + std::exp(-x));
    case Kind::kHardSwish: {
      const float y = a * x + b;
      return x * (y < 0 ? 0.0f : (y > 1 ? 1.0f : y));
    }
  }
  return x;
}

void FusedActivation::Apply(float* values, size_t count) const {
  if (kind == Kind::kNone) return;
  for (size_t i = 0; i < count; ++i) values[i] = Apply(values[i]);
}

void FusedActivation::SetMacros(std::map<std::string, std::string>* macros) const {
  (*macros)["ACTIVATION"] = std::to_string(static_cast<int>(kind));
}

void FusedActivation::AppendArguments(std::vector<KernelArgument>* arguments) const {
  arguments->push_back(a);
  arguments->push_back(b);
}

std::string FusedActivation::WriteElement(const std::string& x, ElementText* text) const {
  if (kind == Kind::kNone) return x;
  return text->Call("ACTIVATE_" + std::to_string(static_cast<int>(kind)),
                    {x, text->Number(a), text->Number(b)});
}

}  // namespace mace
