// BatchNorm: y = activation(x * scale + offset), or with five inputs
//   y = activation((x - mean) / sqrt(variance + epsilon) * scale + offset);
// scale, offset, mean, variance [channels] along the last axis of x. Any rank from 1.
// Attributes: epsilon (1e-5), and those of fused_activation.h.
#include <cmath>

#include "mace/ops/batch.h"
#include "mace/ops/elementwise/fused_activation.h"
#include "mace/ops/lowering_support.h"
#include "mace/ops/norm/norm_operands.h"
#include "mace/ops/op.h"

namespace mace {
namespace {

class BatchNormOp : public Op {
 public:
  BatchNormOp(FusedActivation activation, float epsilon)
      : activation_(activation), epsilon_(epsilon) {}

  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    const Shape& x = inputs[0].info.shape;
    if (inputs.size() == 4) return InvalidArgument("expected 3 or 5 inputs, found 4");
    if (x.rank() < 1) return InvalidArgument("expected an input of rank 1 or more, found a scalar");
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (inputs[i].present) continue;
      return InvalidArgument(std::string(NormOperandName(i)) + ": expected a tensor, found none");
    }
    MACE_RETURN_IF_ERROR(CheckNormOperands(inputs));
    outputs->assign(1, {DType::kFloat32, x});
    return Status::Ok();
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    const int64_t channels = inputs[0].shape().back(0);
    const int64_t count = inputs[0].shape().elements();
    const float* x = inputs[0].f32();
    const float* scale = inputs[1].f32();
    const float* offset = inputs[2].f32();
    float* y = (*outputs)[0].f32();
    for (int64_t i = 0; i < count; ++i) {
      const int64_t c = i % channels;
      double value = x[i];
      if (inputs.size() == 5) {
        value = (value - inputs[3].f32()[c]) /
                std::sqrt(static_cast<double>(inputs[4].f32()[c]) + epsilon_);
      }
      y[i] = activation_.Apply(static_cast<float>(value * scale[c] + offset[c]));
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
    const int blocks_per_item = BlocksPerItem(request, storage);
    KernelVariant variant = NewVariant("batch_norm", request, storage);
    variant.in_place = storage == Storage::kBuffer ? 0 : -1;
    Launch launch = NewLaunch("batch_norm.cl", "batch_norm", request, storage);
    launch.kernel.macros["BLOCKS_PER_ITEM"] = std::to_string(blocks_per_item);
    launch.arguments = {InputArgument(0), OutputArgument(0)};
    AddOperands(request, &variant, &launch);
    launch.arguments.push_back(epsilon_);
    launch.arguments.push_back(static_cast<int32_t>(view.rows()));
    launch.arguments.push_back(static_cast<int32_t>(view.c));
    activation_.SetMacros(&launch.kernel.macros);
    activation_.AppendArguments(&launch.arguments);
    SetElementwiseSize(*request.device, view, blocks_per_item, &launch);
    variant.launches.push_back(std::move(launch));
    return {variant};
  }

 private:
  // Scale and offset of the three-input form, from the constants of the five-input form.
  PackedWeights PackFolded(const LoweringRequest& request, bool want_scale) const {
    std::vector<HostTensor> constants;
    for (size_t i = 1; i < 5; ++i) constants.push_back(*request.inputs[i].constant);
    PackedWeights weights = PackChannelVector("folded", constants[0], constants[0].shape().dim(0));
    weights.name = want_scale ? "folded_scale" : "folded_offset";
    weights.pack = [constants, want_scale, epsilon = epsilon_,
                    count = weights.elements](float* destination) -> Status {
      const std::vector<float> scale = ToFloatVector(constants[0]),
                               offset = ToFloatVector(constants[1]);
      const std::vector<float> mean = ToFloatVector(constants[2]),
                               variance = ToFloatVector(constants[3]);
      std::fill(destination, destination + count, 0.0f);
      for (size_t c = 0; c < scale.size(); ++c) {
        const double factor = scale[c] / std::sqrt(static_cast<double>(variance[c]) + epsilon);
        destination[c] = static_cast<float>(want_scale ? factor : offset[c] - mean[c] * factor);
      }
      return Status();
    };
    weights.identity = PackingIdentity("folded batch norm",
                                       {want_scale ? 1 : 0, BitsOf(double{epsilon_})}, constants);
    return weights;
  }

  void AddOperands(const LoweringRequest& request, KernelVariant* variant, Launch* launch) const {
    bool all_constant = true;
    for (size_t i = 1; i < request.inputs.size(); ++i)
      all_constant &= request.inputs[i].constant != nullptr;
    const bool fold = request.inputs.size() == 5 && all_constant;
    launch->kernel.macros["NORMALIZE"] = request.inputs.size() == 5 && !fold ? "1" : "0";
    for (size_t i = 1; i < (fold ? 3 : request.inputs.size()); ++i) {
      if (fold) {
        AddNormWeights(i, PackFolded(request, i == 1), variant, launch);
      } else {
        AddNormOperand(request, i, 0, variant, launch);
      }
    }
  }

  FusedActivation activation_;
  float epsilon_;
};

StatusOr<std::unique_ptr<Op>> MakeBatchNorm(const Node& node) {
  MACE_ASSIGN_OR_RETURN(const FusedActivation activation, FusedActivation::Parse(node.attributes));
  MACE_ASSIGN_OR_RETURN(const double epsilon, ParseEpsilon(node.attributes));
  return std::unique_ptr<Op>(new BatchNormOp(activation, static_cast<float>(epsilon)));
}

}  // namespace

extern const OpDefinition kBatchNormOp;
const OpDefinition kBatchNormOp = {"BatchNorm", 3, 5, &MakeBatchNorm};

}  // namespace mace
