// BiasAdd: y = x + b, b [channels] along the last axis of x. Any rank from 1.
#include "mace/ops/lowering_support.h"
#include "mace/ops/op.h"

namespace mace {
namespace {

class BiasAddOp : public Op {
 public:
  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    const TensorInfo& x = inputs[0].info;
    const TensorInfo& bias = inputs[1].info;
    if (!IsFloat(x.dtype) || !IsFloat(bias.dtype)) {
      return InvalidArgument(std::string("expected float tensors, found ") + DTypeName(x.dtype) +
                             " and " + DTypeName(bias.dtype));
    }
    if (x.shape.rank() < 1)
      return InvalidArgument("expected an input of rank 1 or more, found a scalar");
    if (bias.shape.rank() != 1 || bias.shape.dim(0) != x.shape.back(0)) {
      return InvalidArgument("expected a bias of shape [" + std::to_string(x.shape.back(0)) +
                             "], found " + bias.shape.ToString());
    }
    outputs->assign(1, {DType::kFloat32, x.shape});
    return Status::Ok();
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    const float* x = inputs[0].f32();
    const float* bias = inputs[1].f32();
    float* y = (*outputs)[0].f32();
    const int64_t channels = inputs[0].shape().back(0);
    const int64_t count = inputs[0].shape().elements();
    for (int64_t i = 0; i < count; ++i) y[i] = x[i] + bias[i % channels];
    return Status::Ok();
  }

  std::string WriteElement(const std::vector<ElementOperand>& inputs,
                           ElementText* text) const override {
    return text->Let(inputs[0].name + " + " + inputs[1].name);
  }

  std::vector<KernelVariant> Lower(const LoweringRequest& request) const override {
    if (!CanLower(request) || request.inputs[0].constant != nullptr) return {};
    const Storage storage = StorageWithinLimits(request);
    const Nhwc view = AsNhwc(request.outputs[0].shape);
    const int blocks_per_item = BlocksPerItem(request, storage);
    KernelVariant variant = NewVariant("bias_add", request, storage);
    variant.in_place = storage == Storage::kBuffer ? 0 : -1;
    Launch launch = NewLaunch("bias_add.cl", "bias_add", request, storage);
    const HostTensor* bias = request.inputs[1].constant;
    if (bias != nullptr) variant.weights.push_back(PackChannelVector("bias", *bias, view.c));
    launch.kernel.macros = {{"BIAS_TENSOR", bias != nullptr ? "0" : "1"},
                            {"BLOCKS_PER_ITEM", std::to_string(blocks_per_item)}};
    launch.arguments = {InputArgument(0), OutputArgument(0),
                        bias != nullptr ? WeightsArgument(0) : InputArgument(1),
                        static_cast<int32_t>(view.rows()), static_cast<int32_t>(view.c)};
    SetElementwiseSize(*request.device, view, blocks_per_item, &launch);
    variant.launches.push_back(std::move(launch));
    return {variant};
  }
};

StatusOr<std::unique_ptr<Op>> MakeBiasAdd(const Node&) {
  return std::unique_ptr<Op>(new BiasAddOp());
}

}  // namespace

extern const OpDefinition kBiasAddOp;
const OpDefinition kBiasAddOp = {"BiasAdd", 2, 2, &MakeBiasAdd};

}  // namespace mace
