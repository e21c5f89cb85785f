// GroupNorm, MVNorm and LpNorm: each region of an NHWC tensor is centred and divided by its spread.
//
//   GroupNorm  a region is a group of channels of one image: group_num of them (32), of consecutive
//              channels. y = (x - mean) / sqrt(variance + epsilon), epsilon 1e-5.
//   MVNorm     a region is a channel of one image, or the whole image with across_channels (0).
//              y = (x - mean) / (sqrt(variance) + epsilon), epsilon 1e-9; without
//              normalize_variance (1) y = x - mean.
//   LpNorm     y = x / (norm + 1e-6) with the norm of order p (1, or 2, the default). `axis` is the
//              first of the axes [N, C, H, W] that a region takes in, up to the last: 1 the whole
//              image, 2 a channel of it, 3 (the default, -1) a row of a channel.
//
// The variance is the population's.
#include <cmath>

#include "mace/ops/batch.h"
#include "mace/ops/lowering_support.h"
#include "mace/ops/norm/norm_operands.h"
#include "mace/ops/op.h"

namespace mace {
namespace {

enum class Spread : uint8_t { kDeviation = 0, kNorm1 = 1, kNorm2 = 2, kNone = 3 };

struct GroupedNorm {
  static constexpr int64_t kEachChannel = 0;

  const char* name = "";  // The variants' names begin with it.
  Spread spread = Spread::kDeviation;
  bool by_rows = false;  // A region stays inside one row of an image.
  int64_t groups = 1;    // Groups of channels, or kEachChannel.
  double inside = 0;     // Added under the root,
  double outside = 0;    // and to the divisor.

  bool centered() const { return spread == Spread::kDeviation || spread == Spread::kNone; }
  int64_t groups_of(const Shape& x) const { return groups == kEachChannel ? x[3] : groups; }
  int64_t instances(const Shape& x) const { return by_rows ? x[0] * x[1] : x[0]; }
};

class GroupedNormOp : public Op {
 public:
  explicit GroupedNormOp(const GroupedNorm& norm) : norm_(norm) {}

  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    const TensorInfo& x = inputs[0].info;
    if (!IsFloat(x.dtype) || x.shape.rank() != 4) {
      return InvalidArgument(std::string("expected a float tensor [N, H, W, C], found ") +
                             x.ToString());
    }
    if (norm_.groups > 1 && x.shape[3] % norm_.groups != 0) {
      return InvalidArgument("group_num: expected a divisor of the " + std::to_string(x.shape[3]) +
                             " channels, found " + std::to_string(norm_.groups));
    }
    outputs->assign(1, {DType::kFloat32, x.shape});
    return Status::Ok();
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    const Shape& shape = inputs[0].shape();
    if (shape.elements() == 0) return Status::Ok();
    const int64_t channels = shape[3], groups = norm_.groups_of(shape);
    const int64_t instances = norm_.instances(shape);
    const int64_t positions = shape.elements() / instances / channels;
    for (int64_t region = 0; region < instances * groups; ++region) {
      const int64_t begin =
          region / groups * positions * channels + region % groups * (channels / groups);
      NormalizeRegion(inputs[0].f32() + begin, {positions, channels / groups, channels},
                      (*outputs)[0].f32() + begin);
    }
    return Status::Ok();
  }

  bool SplitsAlongBatch(const std::vector<OpInput>& /*inputs*/,
                        const std::vector<bool>& batched) const override {
    return BatchIsInFirstInputOnly(batched);
  }

  std::vector<KernelVariant> Lower(const LoweringRequest& request) const override;

  Cost EstimateCost(const std::vector<OpInput>& inputs,
                    const std::vector<TensorInfo>& outputs) const override {
    Cost cost = Op::EstimateCost(inputs, outputs);
    cost.flops *= norm_.spread == Spread::kDeviation ? 6 : 3;
    return cost;
  }

 private:
  struct Region {
    int64_t positions, channels, step;
  };

  void NormalizeRegion(const float* x, const Region& region, float* y) const {
    const auto for_each = [&region](auto&& visit) {
      for (int64_t i = 0; i < region.positions; ++i) {
        for (int64_t c = 0; c < region.channels; ++c) visit(i * region.step + c);
      }
    };
    const double count = static_cast<double>(region.positions * region.channels);
    double mean = 0, sum = 0;
    if (norm_.centered()) for_each([&](int64_t at) { mean += x[at]; });
    mean /= count;
    for_each([&](int64_t at) {
      const double v = x[at] - mean;
      sum += norm_.spread == Spread::kNorm1 ? std::fabs(v) : v * v;
    });
    double divisor = 1;
    if (norm_.spread == Spread::kDeviation) divisor = std::sqrt(sum / count + norm_.inside);
    if (norm_.spread == Spread::kNorm1) divisor = sum;
    if (norm_.spread == Spread::kNorm2) divisor = std::sqrt(sum);
    divisor += norm_.outside;
    for_each([&](int64_t at) { y[at] = static_cast<float>((x[at] - mean) / divisor); });
  }

  GroupedNorm norm_;
};

// Three launches: what each channel of an instance comes to, what each region comes to, and the
// result. The sums between them are floats in any precision.
std::vector<KernelVariant> GroupedNormOp::Lower(const LoweringRequest& request) const {
  if (!CanLower(request) || request.inputs[0].constant != nullptr) return {};
  const Storage storage = StorageWithinLimits(request);
  const Shape& shape = request.outputs[0].shape;
  const Nhwc view = AsNhwc(shape);
  const int64_t instances = norm_.instances(shape), groups = norm_.groups_of(shape);
  const int32_t rows_each = static_cast<int32_t>(view.rows() / instances);
  const int32_t channels = static_cast<int32_t>(view.c);
  const int32_t per_group = static_cast<int32_t>(view.c / groups);
  const int64_t parts = instances * view.blocks();
  const DeviceInfo& device = *request.device;

  KernelVariant variant = NewVariant(norm_.name, request, storage);
  variant.in_place = storage == Storage::kBuffer ? 0 : -1;
  variant.scratch = {{static_cast<size_t>(parts) * 8, true},
                     {static_cast<size_t>(instances * groups) * 2, true}};
  const auto add = [&](const char* kernel, int group, std::vector<KernelArgument> arguments,
                       int64_t items) {
    Launch launch = NewLaunch("group_norm.cl", kernel, request, storage);
    launch.kernel.macros["SPREAD"] = std::to_string(static_cast<int>(norm_.spread));
    launch.kernel.macros["GROUP"] = std::to_string(group);
    launch.arguments = std::move(arguments);
    SetReductionSize(device, group, items, &launch);
    variant.launches.push_back(std::move(launch));
  };
  add("group_norm_channels", ReductionGroup(device, rows_each * view.w, parts),
      {InputArgument(0), ScratchArgument(0), static_cast<int32_t>(instances), rows_each, channels},
      parts);
  add("group_norm_regions", ReductionGroup(device, per_group, instances * groups),
      {ScratchArgument(0), ScratchArgument(1), static_cast<int32_t>(instances), channels, per_group,
       static_cast<int32_t>(rows_each * view.w), static_cast<float>(norm_.inside),
       static_cast<float>(norm_.outside)},
      instances * groups);
  add("group_norm", 1,
      {InputArgument(0), OutputArgument(0), ScratchArgument(1), static_cast<int32_t>(view.rows()),
       rows_each, channels, per_group},
      view.rows() * view.w * view.blocks());
  return {variant};
}

StatusOr<std::unique_ptr<Op>> MakeGroupNorm(const Node& node) {
  GroupedNorm norm;
  norm.name = "group_norm";
  norm.groups = node.attributes.GetInt("group_num", 32);
  if (norm.groups < 1) {
    return InvalidArgument("group_num: expected at least 1, found " + std::to_string(norm.groups));
  }
  MACE_ASSIGN_OR_RETURN(norm.inside, ParseEpsilon(node.attributes));
  return std::unique_ptr<Op>(new GroupedNormOp(norm));
}

StatusOr<std::unique_ptr<Op>> MakeMVNorm(const Node& node) {
  GroupedNorm norm;
  norm.name = "mv_norm";
  const bool across = node.attributes.GetInt("across_channels", 0) != 0;
  norm.groups = across ? 1 : GroupedNorm::kEachChannel;
  MACE_ASSIGN_OR_RETURN(norm.outside, ParseEpsilon(node.attributes, 1e-9));
  if (node.attributes.GetInt("normalize_variance", 1) == 0) norm.spread = Spread::kNone;
  if (norm.spread == Spread::kNone) norm.outside = 0;
  return std::unique_ptr<Op>(new GroupedNormOp(norm));
}

StatusOr<std::unique_ptr<Op>> MakeLpNorm(const Node& node) {
  GroupedNorm norm;
  norm.name = "lp_norm";
  norm.outside = 1e-6;
  const int64_t order = node.attributes.GetInt("p", 2);
  if (order != 1 && order != 2) {
    return InvalidArgument("p: expected 1 or 2, found " + std::to_string(order));
  }
  norm.spread = order == 1 ? Spread::kNorm1 : Spread::kNorm2;
  const int64_t axis = node.attributes.GetInt("axis", -1);
  const int64_t first = axis < 0 ? axis + 4 : axis;
  if (first < 1 || first > 3) {
    return InvalidArgument("axis: expected 1 to 3 or -3 to -1, found " + std::to_string(axis));
  }
  norm.groups = first == 1 ? 1 : GroupedNorm::kEachChannel;
  norm.by_rows = first == 3;
  return std::unique_ptr<Op>(new GroupedNormOp(norm));
}

}  // namespace

extern const OpDefinition kGroupNormOp;
const OpDefinition kGroupNormOp = {"GroupNorm", 1, 1, &MakeGroupNorm};

extern const OpDefinition kMVNormOp;
const OpDefinition kMVNormOp = {"MVNorm", 1, 1, &MakeMVNorm};

extern const OpDefinition kLpNormOp;
const OpDefinition kLpNormOp = {"LpNorm", 1, 1, &MakeLpNorm};

}  // namespace mace
