// LocalResponseNorm: y[c] = x[c] / (bias + alpha / size * sum of x[k]^2)^beta, the sum over the
// `size` channels around c that there are: (size - 1) / 2 in front of it, the others behind.
// Channels are the last axis; any rank from 1. Attributes: size (from 1), alpha (1e-4), beta
// (0.75), bias (1).
#include <algorithm>
#include <cmath>

#include "mace/ops/batch.h"
#include "mace/ops/lowering_support.h"
#include "mace/ops/op.h"

namespace mace {
namespace {

class LocalResponseNormOp : public Op {
 public:
  struct Attributes {
    int64_t size = 1;
    double alpha = 1e-4, beta = 0.75, bias = 1;
  };
  explicit LocalResponseNormOp(const Attributes& attributes) : attributes_(attributes) {}

  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    const TensorInfo& x = inputs[0].info;
    if (!IsFloat(x.dtype) || x.shape.rank() < 1) {
      return InvalidArgument(std::string("expected a float tensor of rank 1 or more, found ") +
                             x.ToString());
    }
    outputs->assign(1, {DType::kFloat32, x.shape});
    return Status::Ok();
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    const int64_t channels = inputs[0].shape().back(0);
    const int64_t count = inputs[0].shape().elements();
    for (int64_t i = 0; i < count; ++i) {
      const int64_t c = i % channels;
      const float* x = inputs[0].f32() + (i - c);
      double sum = 0;
      const int64_t last = std::min(channels - 1, c + Behind());
      for (int64_t k = std::max<int64_t>(0, c - Front()); k <= last; ++k)
        sum += double{x[k]} * x[k];
      const double base =
          attributes_.bias + attributes_.alpha / static_cast<double>(attributes_.size) * sum;
      (*outputs)[0].f32()[i] = static_cast<float>(x[c] / std::pow(base, attributes_.beta));
    }
    return Status::Ok();
  }

  bool SplitsAlongBatch(const std::vector<OpInput>& inputs,
                        const std::vector<bool>& batched) const override {
    return BatchIsInFirstInputOnly(batched) && inputs[0].info.shape.rank() > 1;
  }

  std::vector<KernelVariant> Lower(const LoweringRequest& request) const override {
    if (!CanLower(request) || request.inputs[0].constant != nullptr) return {};
    const Nhwc view = AsNhwc(request.outputs[0].shape);
    const Storage storage = StorageWithinLimits(request);
    std::vector<KernelVariant> variants = {LowerBlocks(request, view, storage)};
    if (storage != Storage::kBuffer) return variants;
    // A processor of 16 lanes computes four of them; a GPU's work-item has no 16.
    const bool is_on_cpu = request.device->kind == DeviceKind::kCpu;
    if (is_on_cpu) variants[0].estimate_ms *= 4;
    if (view.c % kLanes == 0 && Front() <= kLanes && Behind() <= kLanes) {
      variants.push_back(LowerVectors(request, view));
      if (!is_on_cpu) variants.back().estimate_ms *= 4;
    }
    return variants;
  }

  Cost EstimateCost(const std::vector<OpInput>& inputs,
                    const std::vector<TensorInfo>& outputs) const override {
    Cost cost = Op::EstimateCost(inputs, outputs);
    cost.flops *= static_cast<double>(2 * attributes_.size + 10);
    return cost;
  }

 private:
  static constexpr int64_t kLanes = 16;

  KernelVariant LowerBlocks(const LoweringRequest& request, const Nhwc& view,
                            Storage storage) const {
    KernelVariant variant = NewVariant("local_response_norm", request, storage);
    Launch launch = NewLaunch("local_response_norm.cl", "local_response_norm", request, storage);
    const int64_t reach = view.c;  // No window sees more.
    launch.arguments = {InputArgument(0),
                        OutputArgument(0),
                        static_cast<int32_t>(view.rows()),
                        static_cast<int32_t>(view.c),
                        static_cast<int32_t>(std::min(Front(), reach)),
                        static_cast<int32_t>(std::min(Behind(), reach))};
    Finish(request, static_cast<size_t>(view.rows() * view.w * view.blocks()), std::move(launch),
           &variant);
    return variant;
  }

  KernelVariant LowerVectors(const LoweringRequest& request, const Nhwc& view) const {
    KernelVariant variant = NewVariant("local_response_norm_vectors", request, Storage::kBuffer);
    Launch launch = NewLaunch("local_response_norm.cl", "local_response_norm_vectors", request,
                              Storage::kBuffer);
    launch.kernel.macros = {{"FRONT", std::to_string(Front())},
                            {"BEHIND", std::to_string(Behind())}};
    launch.arguments = {InputArgument(0), OutputArgument(0), static_cast<int32_t>(view.rows()),
                        static_cast<int32_t>(view.c / kLanes)};
    Finish(request, static_cast<size_t>(view.rows() * view.w), std::move(launch), &variant);
    return variant;
  }

  // What both kernels have in common: the numbers of the formula, which are the last arguments.
  void Finish(const LoweringRequest& request, size_t items, Launch launch,
              KernelVariant* variant) const {
    const double quarters = 4 * attributes_.beta;
    const bool is_root = quarters >= 1 && quarters <= 4 && quarters == std::floor(quarters);
    launch.kernel.macros["BETA_QUARTERS"] = is_root ? std::to_string(std::lround(quarters)) : "0";
    for (const double number : {attributes_.alpha / static_cast<double>(attributes_.size),
                                attributes_.beta, attributes_.bias}) {
      launch.arguments.push_back(static_cast<float>(number));
    }
    SetFlatSize(*request.device, items, &launch);
    variant->launches.push_back(std::move(launch));
  }

  int64_t Front() const { return (attributes_.size - 1) / 2; }
  int64_t Behind() const { return attributes_.size - 1 - Front(); }

  const Attributes attributes_;
};

StatusOr<std::unique_ptr<Op>> MakeLocalResponseNorm(const Node& node) {
  LocalResponseNormOp::Attributes attributes;
  attributes.size = node.attributes.GetInt("size", 0);
  if (attributes.size < 1 || attributes.size > (int64_t{1} << 30)) {
    return InvalidArgument("size: expected 1 to 2^30, found " + std::to_string(attributes.size));
  }
  attributes.alpha = node.attributes.GetFloat("alpha", attributes.alpha);
  attributes.beta = node.attributes.GetFloat("beta", attributes.beta);
  attributes.bias = node.attributes.GetFloat("bias", attributes.bias);
  return std::unique_ptr<Op>(new LocalResponseNormOp(attributes));
}

}  // namespace

extern const OpDefinition kLocalResponseNormOp;
const OpDefinition kLocalResponseNormOp = {"LocalResponseNorm", 1, 1, &MakeLocalResponseNorm};

}  // namespace mace
