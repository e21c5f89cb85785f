// LayerNorm: y = (x - mean) / sqrt(variance + epsilon) * scale + offset, mean and variance (of the
// population) over the last axis of each position. x of rank 1 or more; scale and offset
// [channels], each may be absent (1 and 0). Attributes: epsilon (1e-5); centered (1; 0: the mean is
// not taken off, and the mean of the squares stands for the variance).
#include <cmath>

#include "mace/ops/batch.h"
#include "mace/ops/lowering_support.h"
#include "mace/ops/op.h"

namespace mace {
namespace {

const char* const kOperandNames[] = {"x", "scale", "offset"};

class LayerNormOp : public Op {
 public:
  LayerNormOp(float epsilon, bool centered) : epsilon_(epsilon), centered_(centered) {}

  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    const Shape& x = inputs[0].info.shape;
    if (x.rank() < 1) return InvalidArgument("expected an input of rank 1 or more, found a scalar");
    for (size_t i = 0; i < inputs.size(); ++i) {
      const std::string name = kOperandNames[i];
      const TensorInfo& info = inputs[i].info;
      if (!inputs[i].present) continue;
      if (!IsFloat(info.dtype))
        return InvalidArgument(name + ": expected floats, found " + DTypeName(info.dtype));
      if (i > 0 && (info.shape.rank() != 1 || info.shape.dim(0) != x.back(0))) {
        return InvalidArgument(name + ": expected shape [" + std::to_string(x.back(0)) +
                               "], found " + info.shape.ToString());
      }
    }
    outputs->assign(1, {DType::kFloat32, x});
    return Status::Ok();
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    const int64_t channels = inputs[0].shape().back(0);
    if (channels == 0) return Status::Ok();
    const int64_t positions = inputs[0].shape().elements() / channels;
    for (int64_t i = 0; i < positions; ++i) {
      const float* x = inputs[0].f32() + i * channels;
      float* y = (*outputs)[0].f32() + i * channels;
      double mean = 0, variance = 0;
      for (int64_t c = 0; centered_ && c < channels; ++c) mean += x[c];
      mean /= static_cast<double>(channels);
      for (int64_t c = 0; c < channels; ++c) variance += (x[c] - mean) * (x[c] - mean);
      const double factor = 1 / std::sqrt(variance / static_cast<double>(channels) + epsilon_);
      for (int64_t c = 0; c < channels; ++c) {
        const double scale = IsGiven(inputs, 1) ? inputs[1].f32()[c] : 1;
        const double offset = IsGiven(inputs, 2) ? inputs[2].f32()[c] : 0;
        y[c] = static_cast<float>((x[c] - mean) * factor * scale + offset);
      }
    }
    return Status::Ok();
  }

  bool KeepsBatchApart(const std::vector<OpInput>& inputs,
                       const std::vector<bool>& batched) const override {
    return OnlyFirstIsBatched(batched) && inputs[0].info.shape.rank() > 1;
  }

  std::vector<Lowering> Lower(const LoweringRequest& request) const override {
    if (!CanLower(request) || request.inputs[0].constant != nullptr) return {};
    for (size_t i = 1; i < request.inputs.size(); ++i) {
      if (request.inputs[i].present && request.inputs[i].constant == nullptr) return {};
    }
    const Storage storage = StorageWithinLimits(request);
    const Nhwc view = AsNhwc(request.outputs[0].shape);
    const int64_t positions = view.rows() * view.w;
    const int group = ReductionGroup(*request.device, view.blocks(), positions);
    Lowering lowering = StartLowering("layer_norm", request, storage);
    lowering.in_place = storage == Storage::kBuffer ? 0 : -1;
    Launch launch = StartLaunch("layer_norm.cl", "layer_norm", request, storage);
    launch.kernel.macros = {{"CENTERED", centered_ ? "1" : "0"}, {"GROUP", std::to_string(group)}};
    launch.arguments = {InputArgument(0), OutputArgument(0)};
    for (size_t i : {size_t{1}, size_t{2}}) AppendVector(request, i, view.c, &lowering, &launch);
    launch.arguments.push_back(static_cast<int32_t>(positions));
    launch.arguments.push_back(static_cast<int32_t>(view.c));
    launch.arguments.push_back(epsilon_);
    SetReductionSize(*request.device, group, positions, &launch);
    lowering.launches.push_back(std::move(launch));
    return {lowering};
  }

  Cost EstimateCost(const std::vector<OpInput>& inputs,
                    const std::vector<TensorInfo>& outputs) const override {
    Cost cost = Op::EstimateCost(inputs, outputs);
    cost.flops *= 7;  // A sum, two for the squares, subtract, scale twice, add.
    return cost;
  }

 private:
  static bool IsGiven(const std::vector<HostTensor>& inputs, size_t index) {
    return index < inputs.size() && inputs[index].dtype() != DType::kInvalid;
  }

  // The scale or the offset, or ones and zeros in its place.
  static void AppendVector(const LoweringRequest& request, size_t index, int64_t channels,
                           Lowering* lowering, Launch* launch) {
    const bool given = index < request.inputs.size() && request.inputs[index].present;
    HostTensor values = HostTensor::FromVector<float>(
        DType::kFloat32, Shape{channels},
        std::vector<float>(static_cast<size_t>(channels), index == 1 ? 1.0f : 0.0f));
    if (given) values = *request.inputs[index].constant;
    launch->arguments.push_back(WeightsArgument(static_cast<int>(lowering->weights.size())));
    lowering->weights.push_back(PackChannelVector(kOperandNames[index], values, channels));
  }

  float epsilon_;
  bool centered_;
};

StatusOr<std::unique_ptr<Op>> MakeLayerNorm(const Node& node) {
  return std::unique_ptr<Op>(
      new LayerNormOp(static_cast<float>(node.attributes.GetFloat("epsilon", 1e-5)),
                      node.attributes.GetInt("centered", 1) != 0));
}

}  // namespace

extern const OpDefinition kLayerNormOp;
const OpDefinition kLayerNormOp = {"LayerNorm", 1, 3, &MakeLayerNorm};

}  // namespace mace
