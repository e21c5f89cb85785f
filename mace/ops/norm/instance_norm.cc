// InstanceNorm: y = activation((x - mean) / sqrt(variance + epsilon) * scale + offset), mean and
// variance (of the population) over the positions of each instance and channel. x [n, ...,
// channels] of rank 3 or more; scale and offset [channels], each may be absent (1 and 0).
// Attributes: epsilon (1e-5), and those of fused_activation.h.
#include <algorithm>
#include <cmath>

#include "mace/ops/batch.h"
#include "mace/ops/elementwise/fused_activation.h"
#include "mace/ops/lowering_support.h"
#include "mace/ops/norm/norm_operands.h"
#include "mace/ops/op.h"

namespace mace {
namespace {

class InstanceNormOp : public Op {
 public:
  InstanceNormOp(FusedActivation activation, float epsilon)
      : activation_(activation), epsilon_(epsilon) {}

  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    const Shape& x = inputs[0].info.shape;
    if (x.rank() < 3)
      return InvalidArgument("expected an input of rank 3 or more, found " + x.ToString());
    MACE_RETURN_IF_ERROR(CheckNormOperands(inputs));
    outputs->assign(1, {DType::kFloat32, x});
    return Status::Ok();
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    const Shape& shape = inputs[0].shape();
    const int64_t channels = shape.back(0);
    const int64_t positions = shape.elements(1, shape.rank() - 1);
    for (int64_t n = 0; n < shape[0]; ++n) {
      for (int64_t c = 0; c < channels; ++c) {
        const int64_t begin = n * positions * channels + c;
        const double scale = NormOperand(inputs, 1, c, 1);
        const double offset = NormOperand(inputs, 2, c, 0);
        const Line line = {inputs[0].f32() + begin, (*outputs)[0].f32() + begin, positions,
                           channels};
        ReferenceLine(line, scale, offset);
      }
    }
    return Status::Ok();
  }

  bool SplitsAlongBatch(const std::vector<OpInput>& /*inputs*/,
                        const std::vector<bool>& batched) const override {
    return BatchIsInFirstInputOnly(batched);
  }

  std::vector<KernelVariant> Lower(const LoweringRequest& request) const override {
    if (!CanLower(request) || request.inputs[0].constant != nullptr) return {};
    const Storage storage = StorageWithinLimits(request);
    const Shape& shape = request.outputs[0].shape;
    const Nhwc view = AsNhwc(shape);
    const int64_t instances = shape[0];
    // The view's rows are all axes but the last two, instances first.
    const int64_t rows_each = view.rows() / instances;
    const int64_t results = instances * view.blocks();
    const int group = ReductionGroup(*request.device, rows_each * view.w, results);
    KernelVariant variant = NewVariant("instance_norm", request, storage);
    variant.in_place = storage == Storage::kBuffer ? 0 : -1;
    Launch launch = NewLaunch("instance_norm.cl", "instance_norm", request, storage);
    launch.kernel.macros["GROUP"] = std::to_string(group);
    launch.arguments = {InputArgument(0), OutputArgument(0)};
    AddNormOperand(request, 1, 1, &variant, &launch);
    AddNormOperand(request, 2, 0, &variant, &launch);
    launch.arguments.push_back(static_cast<int32_t>(instances));
    launch.arguments.push_back(static_cast<int32_t>(rows_each));
    launch.arguments.push_back(static_cast<int32_t>(view.c));
    launch.arguments.push_back(epsilon_);
    activation_.SetMacros(&launch.kernel.macros);
    activation_.AppendArguments(&launch.arguments);
    SetReductionSize(*request.device, group, results, &launch);
    variant.launches.push_back(std::move(launch));
    return {variant};
  }

  Cost EstimateCost(const std::vector<OpInput>& inputs,
                    const std::vector<TensorInfo>& outputs) const override {
    Cost cost = Op::EstimateCost(inputs, outputs);
    cost.flops *= 6;  // One for the mean, three for the variance, two for the result.
    return cost;
  }

 private:
  // The positions of one channel of an instance, `step` floats apart.
  struct Line {
    const float* x;
    float* y;
    int64_t count, step;
  };

  void ReferenceLine(const Line& line, double scale, double offset) const {
    const auto [x, y, count, step] = line;
    double mean = 0, variance = 0;
    for (int64_t i = 0; i < count; ++i) mean += x[i * step];
    mean /= static_cast<double>(count);
    for (int64_t i = 0; i < count; ++i) variance += (x[i * step] - mean) * (x[i * step] - mean);
    const double factor = scale / std::sqrt(variance / static_cast<double>(count) + epsilon_);
    for (int64_t i = 0; i < count; ++i) {
      y[i * step] = activation_.Apply(static_cast<float>((x[i * step] - mean) * factor + offset));
    }
  }

  FusedActivation activation_;
  float epsilon_;
};

StatusOr<std::unique_ptr<Op>> MakeInstanceNorm(const Node& node) {
  MACE_ASSIGN_OR_RETURN(const FusedActivation activation, FusedActivation::Parse(node.attributes));
  MACE_ASSIGN_OR_RETURN(const double epsilon, ParseEpsilon(node.attributes));
  return std::unique_ptr<Op>(new InstanceNormOp(activation, static_cast<float>(epsilon)));
}

}  // namespace

extern const OpDefinition kInstanceNormOp;
const OpDefinition kInstanceNormOp = {"InstanceNorm", 1, 3, &MakeInstanceNorm};

}  // namespace mace
