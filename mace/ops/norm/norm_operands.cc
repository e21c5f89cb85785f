#include "mace/ops/norm/norm_operands.h"

#include <utility>

#include "mace/ops/lowering_support.h"

namespace mace {
namespace {

const char* const kNames[] = {"x", "scale", "offset", "mean", "variance"};
const char* const kTensorMacros[] = {"", "SCALE_TENSOR", "OFFSET_TENSOR", "MEAN_TENSOR",
                                     "VARIANCE_TENSOR"};

}  // namespace

const char* NormOperandName(size_t index) { return kNames[index]; }

StatusOr<double> ParseEpsilon(const AttributeMap& attributes, double fallback) {
  const double epsilon = attributes.GetFloat("epsilon", fallback);
  if (epsilon >= 0) return epsilon;
  return InvalidArgument("epsilon: expected 0 or more, found " + std::to_string(epsilon));
}

Status CheckNormOperands(const std::vector<OpInput>& inputs) {
  const Shape& x = inputs[0].info.shape;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i].present) continue;
    const std::string name = kNames[i];
    const TensorInfo& info = inputs[i].info;
    if (!IsFloat(info.dtype))
      return InvalidArgument(name + ": expected floats, found " + DTypeName(info.dtype));
    if (i > 0 && (info.shape.rank() != 1 || info.shape.dim(0) != x.back(0))) {
      return InvalidArgument(name + ": expected shape [" + std::to_string(x.back(0)) + "], found " +
                             info.shape.ToString());
    }
  }
  return Status::Ok();
}

double NormOperand(const std::vector<HostTensor>& inputs, size_t index, int64_t c,
                   double fallback) {
  const bool given = index < inputs.size() && inputs[index].dtype() != DType::kInvalid;
  return given ? inputs[index].f32()[c] : fallback;
}

void AddNormOperand(const LoweringRequest& request, size_t index, float fallback,
                    KernelVariant* variant, Launch* launch) {
  const bool given = index < request.inputs.size() && request.inputs[index].present;
  if (given && request.inputs[index].constant == nullptr) {
    launch->kernel.macros[kTensorMacros[index]] = "1";
    launch->arguments.push_back(InputArgument(static_cast<int>(index)));
    return;
  }
  const HostTensor values =
      given ? *request.inputs[index].constant
            : HostTensor::FromVector<float>(DType::kFloat32, Shape({1}), {fallback});
  const int64_t channels = request.outputs[0].shape.back(0);
  AddNormWeights(index, PackChannelVector(kNames[index], values, channels), variant, launch);
}

void AddNormWeights(size_t index, PackedWeights weights, KernelVariant* variant, Launch* launch) {
  launch->kernel.macros[kTensorMacros[index]] = "0";
  launch->arguments.push_back(WeightsArgument(static_cast<int>(variant->weights.size())));
  variant->weights.push_back(std::move(weights));
}

}  // namespace mace
