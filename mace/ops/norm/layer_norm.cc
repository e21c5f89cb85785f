// LayerNorm: y = (x - mean) / sqrt(variance + epsilon) * scale + offset, mean and variance (of the
// population) over the last axis of each position. x of rank 1 or more; scale and offset
// [channels], each may be absent (1 and 0). Attributes: epsilon (1e-5); centered (1; 0: the mean is
// not taken off, and the mean of the squares stands for the variance).
#include <cmath>

#include "mace/ops/batch.h"
#include "mace/ops/lowering_support.h"
#include "mace/ops/norm/norm_operands.h"
#include "mace/ops/op.h"

namespace mace {
namespace {

class LayerNormOp : public Op {
 public:
  LayerNormOp(float epsilon, bool centered) : epsilon_(epsilon), centered_(centered) {}

  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    const Shape& x = inputs[0].info.shape;
    if (x.rank() < 1) return InvalidArgument("expected an input of rank 1 or more, found a scalar");
    MACE_RETURN_IF_ERROR(CheckNormOperands(inputs));
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
        const double scale = NormOperand(inputs, 1, c, 1);
        const double offset = NormOperand(inputs, 2, c, 0);
        y[c] = static_cast<float>((x[c] - mean) * factor * scale + offset);
      }
    }
    return Status::Ok();
  }

  bool SplitsAlongBatch(const std::vector<OpInput>& inputs,
                        const std::vector<bool>& batched) const override {
    return BatchIsInFirstInputOnly(batched) && inputs[0].info.shape.rank() > 1;
  }

  std::vector<KernelVariant> Lower(const LoweringRequest& request) const override {
    if (!CanLower(request) || request.inputs[0].constant != nullptr) return {};
    const Storage storage = StorageWithinLimits(request);
    const Nhwc view = AsNhwc(request.outputs[0].shape);
    const int64_t positions = view.rows() * view.w;
    const int group = ReductionGroup(*request.device, view.blocks(), positions);
    KernelVariant variant = NewVariant("layer_norm", request, storage);
    variant.in_place = storage == Storage::kBuffer ? 0 : -1;
    Launch launch = NewLaunch("layer_norm.cl", "layer_norm", request, storage);
    launch.kernel.macros = {{"CENTERED", centered_ ? "1" : "0"}, {"GROUP", std::to_string(group)}};
    launch.arguments = {InputArgument(0), OutputArgument(0)};
    AddNormOperand(request, 1, 1, &variant, &launch);
    AddNormOperand(request, 2, 0, &variant, &launch);
    launch.arguments.push_back(static_cast<int32_t>(positions));
    launch.arguments.push_back(static_cast<int32_t>(view.c));
    launch.arguments.push_back(epsilon_);
    SetReductionSize(*request.device, group, positions, &launch);
    variant.launches.push_back(std::move(launch));
    return {variant};
  }

  Cost EstimateCost(const std::vector<OpInput>& inputs,
                    const std::vector<TensorInfo>& outputs) const override {
    Cost cost = Op::EstimateCost(inputs, outputs);
    cost.flops *= 7;  // A sum, two for the squares, subtract, scale twice, add.
    return cost;
  }

 private:
  float epsilon_;
  bool centered_;
};

StatusOr<std::unique_ptr<Op>> MakeLayerNorm(const Node& node) {
  MACE_ASSIGN_OR_RETURN(const double epsilon, ParseEpsilon(node.attributes));
  return std::unique_ptr<Op>(
      new LayerNormOp(static_cast<float>(epsilon), node.attributes.GetInt("centered", 1) != 0));
}

}  // namespace

extern const OpDefinition kLayerNormOp;
const OpDefinition kLayerNormOp = {"LayerNorm", 1, 3, &MakeLayerNorm};

}  // namespace mace
