// SqrDiffMean: y [n, 1, 1, c] = the mean over h and w of (x - m)^2, x [n, h, w, c], m [n, 1, 1, c].
#include "mace/ops/batch.h"
#include "mace/ops/lowering_support.h"
#include "mace/ops/op.h"

namespace mace {
namespace {

class SqrDiffMeanOp : public Op {
 public:
  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    const Shape& x = inputs[0].info.shape;
    const Shape& m = inputs[1].info.shape;
    if (!IsFloat(inputs[0].info.dtype) || !IsFloat(inputs[1].info.dtype)) {
      return InvalidArgument(std::string("expected float tensors, found ") +
                             DTypeName(inputs[0].info.dtype) + " and " +
                             DTypeName(inputs[1].info.dtype));
    }
    if (x.rank() != 4) return InvalidArgument("expected an input of rank 4, found " + x.ToString());
    const Shape expected = {x[0], 1, 1, x[3]};
    if (m != expected) {
      return InvalidArgument("expected a second input of shape " + expected.ToString() +
                             ", found " + m.ToString());
    }
    outputs->assign(1, {DType::kFloat32, expected});
    return Status::Ok();
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    const Shape& shape = inputs[0].shape();
    const int64_t positions = shape[1] * shape[2];
    for (int64_t n = 0; n < shape[0]; ++n) {
      for (int64_t c = 0; c < shape[3]; ++c) {
        const float* x = inputs[0].f32() + n * positions * shape[3] + c;
        const double m = inputs[1].f32()[n * shape[3] + c];
        double sum = 0;
        for (int64_t i = 0; i < positions; ++i)
          sum += (x[i * shape[3]] - m) * (x[i * shape[3]] - m);
        (*outputs)[0].f32()[n * shape[3] + c] =
            static_cast<float>(sum / static_cast<double>(positions));
      }
    }
    return Status::Ok();
  }

  bool SplitsAlongBatch(const std::vector<OpInput>& /*inputs*/,
                        const std::vector<bool>& batched) const override {
    return batched[0] && batched[1];
  }

  std::vector<KernelVariant> Lower(const LoweringRequest& request) const override {
    if (!CanLower(request) || request.inputs[0].constant != nullptr) return {};
    const Storage storage = StorageWithinLimits(request);
    const Nhwc view = AsNhwc(request.inputs[0].info.shape);
    const int64_t results = view.n * view.blocks();
    const int group = ReductionGroup(*request.device, view.h * view.w, results);
    KernelVariant variant = NewVariant("sqr_diff_mean", request, storage);
    Launch launch = NewLaunch("sqr_diff_mean.cl", "sqr_diff_mean", request, storage);
    const HostTensor* m = request.inputs[1].constant;
    if (m != nullptr) variant.weights.push_back(PackChannels4("m", *m));
    launch.kernel.macros = {{"GROUP", std::to_string(group)},
                            {"M_WEIGHTS", m != nullptr ? "1" : "0"}};
    launch.arguments = {InputArgument(0),
                        m != nullptr ? WeightsArgument(0) : InputArgument(1),
                        OutputArgument(0),
                        static_cast<int32_t>(view.n),
                        static_cast<int32_t>(view.h),
                        static_cast<int32_t>(view.c),
                        static_cast<float>(1.0 / static_cast<double>(view.h * view.w))};
    SetReductionSize(*request.device, group, results, &launch);
    variant.launches.push_back(std::move(launch));
    return {variant};
  }

  Cost EstimateCost(const std::vector<OpInput>& inputs,
                    const std::vector<TensorInfo>& outputs) const override {
    Cost cost = Op::EstimateCost(inputs, outputs);
    cost.flops = 3 * static_cast<double>(inputs[0].info.shape.elements());
    return cost;
  }
};

StatusOr<std::unique_ptr<Op>> MakeSqrDiffMean(const Node&) {
  return std::unique_ptr<Op>(new SqrDiffMeanOp());
}

}  // namespace

extern const OpDefinition kSqrDiffMeanOp;
const OpDefinition kSqrDiffMeanOp = {"SqrDiffMean", 2, 2, &MakeSqrDiffMean};

}  // namespace mace
