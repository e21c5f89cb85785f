// Softmax: y = exp(x - max) / sum(exp(x - max)) along one axis; with use_log its logarithm. Any
// rank from 1. Attributes: axis (-1), use_log (0).
#include <algorithm>
#include <cmath>

#include "mace/ops/batch.h"
#include "mace/ops/lowering_support.h"
#include "mace/ops/op.h"

namespace mace {
namespace {

class SoftmaxOp : public Op {
 public:
  SoftmaxOp(int64_t axis, bool use_log) : axis_(axis), use_log_(use_log) {}

  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    const TensorInfo& x = inputs[0].info;
    if (!IsFloat(x.dtype))
      return InvalidArgument(std::string("expected a float tensor, found ") + DTypeName(x.dtype));
    if (x.shape.rank() < 1)
      return InvalidArgument("expected an input of rank 1 or more, found a scalar");
    MACE_RETURN_IF_ERROR(NormalizeAxis(axis_, x.shape.rank()).status());
    outputs->assign(1, {DType::kFloat32, x.shape});
    return Status::Ok();
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    const Shape& shape = inputs[0].shape();
    MACE_ASSIGN_OR_RETURN(const int axis, NormalizeAxis(axis_, shape.rank()));
    const int64_t extent = shape.dim(axis);
    const int64_t inner = shape.elements(axis + 1, shape.rank());
    const int64_t outer = shape.elements(0, axis);
    for (int64_t o = 0; o < outer; ++o) {
      for (int64_t i = 0; i < inner; ++i) {
        const int64_t begin = o * extent * inner + i;
        ReferenceLine(inputs[0].f32() + begin, extent, inner, (*outputs)[0].f32() + begin);
      }
    }
    return Status::Ok();
  }

  bool SplitsAlongBatch(const std::vector<OpInput>& inputs,
                        const std::vector<bool>& batched) const override {
    const StatusOr<int> axis = NormalizeAxis(axis_, inputs[0].info.shape.rank());
    return BatchIsInFirstInputOnly(batched) && axis.ok() && *axis > 0;
  }

  std::vector<KernelVariant> Lower(const LoweringRequest& request) const override {
    if (!CanLower(request) || request.inputs[0].constant != nullptr) return {};
    const Shape& shape = request.outputs[0].shape;
    const StatusOr<int> axis = NormalizeAxis(axis_, shape.rank());
    if (!axis.ok()) return {};
    if (*axis != shape.rank() - 1) return {LowerAxis(request, *axis)};
    return {LowerChannels(request), LowerRows(request)};
  }

  Cost EstimateCost(const std::vector<OpInput>& inputs,
                    const std::vector<TensorInfo>& outputs) const override {
    Cost cost = Op::EstimateCost(inputs, outputs);
    cost.flops *= 5;  // Compare, subtract, exponential, add, scale.
    return cost;
  }

 private:
  void ReferenceLine(const float* x, int64_t extent, int64_t step, float* y) const {
    double top = -INFINITY;
    for (int64_t i = 0; i < extent; ++i) top = std::fmax(top, x[i * step]);
    double sum = 0;
    for (int64_t i = 0; i < extent; ++i) sum += std::exp(x[i * step] - top);
    for (int64_t i = 0; i < extent; ++i) {
      const double v = x[i * step] - top;
      y[i * step] = static_cast<float>(use_log_ ? v - std::log(sum) : std::exp(v) / sum);
    }
  }

  KernelVariant LowerChannels(const LoweringRequest& request) const {
    const Storage storage = StorageWithinLimits(request);
    const Nhwc view = AsNhwc(request.outputs[0].shape);
    const int64_t positions = view.rows() * view.w;
    const int group = ReductionGroup(*request.device, view.blocks(), positions);
    KernelVariant variant = NewVariant("softmax_channels", request, storage);
    variant.in_place = storage == Storage::kBuffer ? 0 : -1;
    // It computes each exponential twice, four at a time, where a processor has 16 lanes.
    if (request.device->kind == DeviceKind::kCpu) variant.estimate_ms *= 2;
    Launch launch = NewLaunch("softmax.cl", "softmax_channels", request, storage);
    launch.kernel.macros = {{"USE_LOG", use_log_ ? "1" : "0"}, {"GROUP", std::to_string(group)}};
    launch.arguments = {InputArgument(0), OutputArgument(0), static_cast<int32_t>(positions),
                        static_cast<int32_t>(view.c)};
    SetReductionSize(*request.device, group, positions, &launch);
    variant.launches.push_back(std::move(launch));
    return variant;
  }

  KernelVariant LowerRows(const LoweringRequest& request) const {
    const Shape& shape = request.outputs[0].shape;
    const int64_t channels = shape.back(0), positions = shape.elements() / channels;
    const bool cpu = request.device->kind == DeviceKind::kCpu;
    const int64_t lanes = cpu && channels >= 16 ? 16 : 1;
    const int group = ReductionGroup(*request.device, channels / lanes, positions);
    KernelVariant variant = NewRowMajorVariant("softmax_rows", request);
    variant.in_place = 0;
    Launch launch = NewLaunch("softmax.cl", "softmax_rows", request, Storage::kBuffer);
    launch.kernel.macros = {{"USE_LOG", use_log_ ? "1" : "0"},
                            {"LANES", std::to_string(lanes)},
                            {"GROUP", std::to_string(group)}};
    launch.arguments = {RawInputArgument(0), RawOutputArgument(0), static_cast<int32_t>(positions),
                        static_cast<int32_t>(channels)};
    SetReductionSize(*request.device, group, positions, &launch);
    variant.launches.push_back(std::move(launch));
    return variant;
  }

  KernelVariant LowerAxis(const LoweringRequest& request, int axis) const {
    const Storage storage = StorageWithinLimits(request);
    const Shape& shape = request.outputs[0].shape;
    const Nhwc view = AsNhwc(shape);
    const bool over_width = axis == shape.rank() - 2;
    // The rows of the 4-D view are all axes but the last two.
    const int64_t extent = shape.dim(axis);
    const int64_t inner = over_width ? 1 : shape.elements(axis + 1, shape.rank() - 2);
    const int64_t outer = shape.elements(0, axis);
    KernelVariant variant = NewVariant("softmax_axis", request, storage);
    variant.in_place = storage == Storage::kBuffer ? 0 : -1;
    Launch launch = NewLaunch("softmax.cl", "softmax_axis", request, storage);
    launch.kernel.macros = {{"USE_LOG", use_log_ ? "1" : "0"},
                            {"OVER_WIDTH", over_width ? "1" : "0"}};
    launch.arguments = {InputArgument(0),
                        OutputArgument(0),
                        static_cast<int32_t>(outer),
                        static_cast<int32_t>(extent),
                        static_cast<int32_t>(inner),
                        static_cast<int32_t>(view.c)};
    const int64_t items = outer * inner * (over_width ? 1 : view.w) * view.blocks();
    SetFlatSize(*request.device, static_cast<size_t>(items), &launch);
    variant.launches.push_back(std::move(launch));
    return variant;
  }

  int64_t axis_;
  bool use_log_;
};

StatusOr<std::unique_ptr<Op>> MakeSoftmax(const Node& node) {
  return std::unique_ptr<Op>(
      new SoftmaxOp(node.attributes.GetInt("axis", -1), node.attributes.GetInt("use_log", 0) != 0));
}

}  // namespace

extern const OpDefinition kSoftmaxOp;
const OpDefinition kSoftmaxOp = {"Softmax", 1, 1, &MakeSoftmax};

}  // namespace mace
