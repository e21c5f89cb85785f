// The activation that Conv2D, DepthwiseConv2d, Deconv2D, FullyConnected, BatchNorm, InstanceNorm
// and Activation apply to their result, from the attributes of MACE's format: activation ("NOOP",
// "RELU", "RELUX", "PRELU", "TANH", "SIGMOID", "LEAKYRELU", "ELU", "HARDSIGMOID"), max_limit,
// activation_coefficient, hardsigmoid_alpha, hardsigmoid_beta. This project's own are "SILU",
// x * sigmoid(x), and "HARDSWISH", x times its hard sigmoid (by default with alpha 1 / 6).
#ifndef MACE_OPS_ELEMENTWISE_FUSED_ACTIVATION_H_
#define MACE_OPS_ELEMENTWISE_FUSED_ACTIVATION_H_

#include <map>
#include <string>
#include <vector>

#include "mace/base/status.h"
#include "mace/graph/node.h"
#include "mace/kernel/kernel.h"
#include "mace/ops/element_text.h"

namespace mace {

struct FusedActivation {
  // The values of the macro ACTIVATION in fused_activation.clh. PRELU (a slope for each channel) is
  // no part of this: only the op Activation has it.
  enum class Kind {
    kNone = 0,
    kRelu,
    kReluX,
    kTanh,
    kSigmoid,
    kLeakyRelu,
    kElu,
    kHardSigmoid,
    kClamp,
    kSilu,
    kHardSwish
  };
  Kind kind = Kind::kNone;
  float a = 0;
  float b = 0;

  // kUnsupported names an activation that is unknown here.
  static StatusOr<FusedActivation> Parse(const AttributeMap& attributes);

  // No activation, RELU and RELUX become a clamp between a and b, so that one kernel serves all
  // three; a driver that compiles for seconds repays that. Other activations stay as they are.
  FusedActivation AsClamp() const;

  float Apply(float x) const;
  void Apply(float* values, size_t count) const;

  // Sets the macro ACTIVATION; the kernel takes (float a, float b) where AppendArguments puts them.
  void SetMacros(std::map<std::string, std::string>* macros) const;
  void AppendArguments(std::vector<KernelArgument>* arguments) const;
  // Writes the activation of one element, as Op::WriteElement does; kNone writes nothing.
  std::string WriteElement(const std::string& x, ElementText* text) const;
};

}  // namespace mace

#endif  // MACE_OPS_ELEMENTWISE_FUSED_ACTIVATION_H_
