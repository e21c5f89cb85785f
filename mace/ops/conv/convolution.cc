#include "mace/ops/conv/convolution.h"

#include <memory>
#include <string>
#include <utility>

namespace mace {
namespace {

Status CheckFloat(const char* what, const TensorInfo& info) {
  if (IsFloat(info.dtype)) return Status::Ok();
  return InvalidArgument(std::string(what) + ": expected a float tensor, found " +
                         DTypeName(info.dtype));
}

Status CheckShape(const std::string& what, const TensorInfo& info, const Shape& expected) {
  MACE_RETURN_IF_ERROR(CheckFloat(what.c_str(), info));
  if (info.shape == expected) return Status::Ok();
  return InvalidArgument(what + ": expected " + expected.ToString() + ", found " +
                         info.shape.ToString());
}

}  // namespace

bool Convolution::pointwise() const {
  const auto trivial = [](const WindowAxis& axis) {
    return axis.kernel == 1 && axis.stride == 1 && axis.pad_before == 0 && axis.out == axis.in;
  };
  return trivial(window.h) && trivial(window.w);
}

double Convolution::flops() const {
  return 2.0 * static_cast<double>(out_pixels()) * static_cast<double>(out_channels) *
         static_cast<double>(taps()) * static_cast<double>(in_per_group());
}

HostTensor TensorOfFloats(std::vector<float> values) {
  const Shape shape({static_cast<int64_t>(values.size())});
  return HostTensor::FromVector(DType::kFloat32, shape, std::move(values));
}

ConvolutionWeights WeightsFromConstants(const HostTensor& filter, const HostTensor* bias) {
  ConvolutionWeights weights;
  weights.filter = [filter] { return filter.ReadAsFloats(); };
  weights.filter_constants = {filter};
  if (bias != nullptr) {
    weights.bias = [copy = *bias] { return copy.ReadAsFloats(); };
    weights.bias_constants = {*bias};
  }
  return weights;
}

ConvolutionInputs PlaceConvolutionInputs(size_t count, const ConvolutionExtras& extras) {
  ConvolutionInputs places;
  int last = static_cast<int>(count);
  if (extras.channel_scale) places.channel_scale = --last;
  if (extras.residual) places.residual = --last;
  if (last > 2) places.bias = 2;
  return places;
}

bool ActivationsAreBatched(const ConvolutionInputs& found, const std::vector<bool>& batched) {
  for (int i = 0; i < static_cast<int>(batched.size()); ++i) {
    const bool activation = i == 0 || i == found.residual || i == found.channel_scale;
    if (batched[static_cast<size_t>(i)] != activation) return false;
  }
  return true;
}

StatusOr<ConvolutionInputs> FindConvolutionInputs(const std::vector<OpInput>& inputs,
                                                  const ConvolutionExtras& extras) {
  const size_t needed = 2 + (extras.residual ? 1 : 0) + (extras.channel_scale ? 1 : 0);
  if (inputs.size() < needed || inputs.size() > needed + 1 || !inputs[0].present ||
      !inputs[1].present) {
    return InvalidArgument("expected inputs x, filter, [bias]" +
                           std::string(extras.residual ? ", residual" : "") +
                           std::string(extras.channel_scale ? ", channel_scale" : "") + ", found " +
                           std::to_string(inputs.size()));
  }
  if (inputs[0].info.shape.rank() != 4) {
    return InvalidArgument("x: expected [N, H, W, C], found " + inputs[0].info.shape.ToString());
  }
  if (inputs[1].info.shape.rank() != 4) {
    return InvalidArgument("filter: expected four axes, found " + inputs[1].info.shape.ToString());
  }
  MACE_RETURN_IF_ERROR(CheckFloat("x", inputs[0].info));
  MACE_RETURN_IF_ERROR(CheckFloat("filter", inputs[1].info));
  ConvolutionInputs found = PlaceConvolutionInputs(inputs.size(), extras);
  if (found.bias >= 0 && !inputs[2].present) found.bias = -1;
  const auto is_absent = [&](int input) {
    return input >= 0 && !inputs[static_cast<size_t>(input)].present;
  };
  if (is_absent(found.residual)) {
    return InvalidArgument("residual: expected a tensor, found none");
  }
  if (is_absent(found.channel_scale))
    return InvalidArgument("channel_scale: expected a tensor, found none");
  return found;
}

Status FinishConvolution(const Convolution& convolution, const std::vector<OpInput>& inputs,
                         const ConvolutionInputs& found, std::vector<TensorInfo>* outputs) {
  MACE_ASSIGN_OR_RETURN(Shape shape,
                        Shape::Make({convolution.batch, convolution.window.h.out,
                                     convolution.window.w.out, convolution.out_channels}));
  if (found.bias >= 0) {
    const TensorInfo& bias = inputs[static_cast<size_t>(found.bias)].info;
    MACE_RETURN_IF_ERROR(CheckFloat("bias", bias));
    if (bias.shape.elements() != convolution.out_channels) {
      return InvalidArgument("bias: expected " + std::to_string(convolution.out_channels) +
                             " elements, found " + bias.shape.ToString());
    }
  }
  if (found.residual >= 0) {
    MACE_RETURN_IF_ERROR(
        CheckShape("residual", inputs[static_cast<size_t>(found.residual)].info, shape));
  }
  if (found.channel_scale >= 0) {
    MACE_RETURN_IF_ERROR(CheckShape("channel_scale",
                                    inputs[static_cast<size_t>(found.channel_scale)].info,
                                    {convolution.batch, 1, 1, convolution.in_channels}));
  }
  *outputs = {{DType::kFloat32, std::move(shape)}};
  return Status::Ok();
}

}  // namespace mace
