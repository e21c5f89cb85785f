// SqueezeExcite: two Conv2D of 1x1 on one pixel an image, the second of which alone reads the first
// one's result (a squeeze-and-excite block), as one op; the planner makes it of two nodes where
// that is cheaper (mace/passes/device/fuse_squeeze_excite.h).
//
// Inputs x [N, 1, 1, C], squeeze filter [S, C, 1, 1], squeeze bias [S] or none, filter [O, S, 1,
// 1], bias [O] or none. Attributes: those of the second Conv2D, and those of the first with
// "squeeze_" before the name.
#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <utility>

#include "mace/base/divide.h"
#include "mace/kernel/gpu_cost.h"
#include "mace/ops/batch.h"
#include "mace/ops/conv/convolution.h"
#include "mace/ops/conv/convolution_lowering.h"
#include "mace/ops/op.h"
#include "mace/ops/prefixed_attributes.h"

namespace mace {
namespace {

constexpr int kSqueezeFilter = 1, kSqueezeBias = 2, kExciteFilter = 3, kExciteBias = 4;

struct Layers {
  Convolution squeeze, excite;
};

// How the work-items of a group are divided among blocks of four output channels.
struct Groups {
  int64_t items;
  int64_t squeeze_lanes, excite_lanes;
};

// All lanes that are left when each block has one, in powers of two, but no more than it has input
// channels.
int64_t Lanes(int64_t items, int64_t blocks, int64_t in_channels) {
  int64_t lanes = 1;
  while (2 * lanes * blocks <= items && 2 * lanes <= in_channels) lanes *= 2;
  // Fewer would read pieces of what memory gives at once.
  constexpr int64_t kLeast = 4;
  return std::max(lanes, kLeast);
}

Groups GroupsOf(const Layers& layers, const DeviceInfo& device) {
  Groups groups;
  groups.items = 64;
  while (2 * groups.items <= static_cast<int64_t>(device.max_work_group_size) &&
         groups.items < 1024) {
    groups.items *= 2;
  }
  const Convolution& squeeze = layers.squeeze;
  groups.squeeze_lanes = Lanes(groups.items, CeilDivide(squeeze.out_channels, 4),
                               4 * CeilDivide(squeeze.in_channels, 4));
  groups.excite_lanes = Lanes(groups.items, CeilDivide(layers.excite.out_channels, 4),
                              4 * CeilDivide(layers.excite.in_channels, 4));
  return groups;
}

bool Fits(const Layers& layers, const Groups& groups, const DeviceInfo& device) {
  const int64_t floats = 4 * (CeilDivide(layers.squeeze.in_channels, 4) +
                              CeilDivide(layers.squeeze.out_channels, 4) + groups.items);
  return groups.items <= static_cast<int64_t>(device.max_work_group_size) &&
         groups.items <= static_cast<int64_t>(device.max_work_item_sizes[0]) &&
         static_cast<uint64_t>(4 * floats) <= device.local_memory_bytes;
}

// Cycles of a layer: a group waits for its loads, of which each work-item has four under way, and
// for what a unit gets of the memory behind it. Not fitted to measurements.
double LayerCycles(const Convolution& layer, int64_t items, int64_t lanes) {
  constexpr double kLoads = 4, kLatency = 600, kBytesACycle = 32, kBarrier = 40;
  const double rounds = std::ceil(static_cast<double>(CeilDivide(layer.out_channels, 4) * lanes) /
                                  static_cast<double>(items));
  const double loads = std::ceil(4.0 * static_cast<double>(CeilDivide(layer.in_channels, 4)) /
                                 static_cast<double>(lanes));
  const double bytes = 64.0 * static_cast<double>(CeilDivide(layer.out_channels, 4)) *
                       static_cast<double>(CeilDivide(layer.in_channels, 4));
  return std::hypot(rounds * std::ceil(loads / kLoads) * kLatency, bytes / kBytesACycle) +
         rounds * kBarrier * std::log2(static_cast<double>(lanes));
}

double EstimateMs(const Layers& layers, const Groups& groups, const DeviceInfo& device) {
  constexpr double kStartAndEnd = 1360;
  const double cycles = kStartAndEnd +
                        LayerCycles(layers.squeeze, groups.items, groups.squeeze_lanes) +
                        LayerCycles(layers.excite, groups.items, groups.excite_lanes);
  const double turns =
      std::ceil(static_cast<double>(layers.squeeze.batch) / std::max(1.0, GpuUnitOf(device).units));
  return turns * cycles / CyclesPerMs(device);
}

KernelVariant LowerLayers(const ConvolutionRequest& squeeze, const ConvolutionRequest& excite,
                          const Groups& groups) {
  const Layers layers = {squeeze.convolution, excite.convolution};
  const Storage storage = excite.lowering->storage == Storage::kImage &&
                                  FitsImages(layers.squeeze, excite.device()) &&
                                  FitsImages(layers.excite, excite.device())
                              ? Storage::kImage
                              : Storage::kBuffer;
  KernelVariant variant = NewConvolutionVariant(excite, "group", "squeeze_excite", storage);
  Launch& launch = variant.launches.back();
  launch.kernel.source = "squeeze_excite.cl";
  const std::pair<const char*, int64_t> macros[] = {
      {"GROUP", groups.items},
      {"BLOCKS_X", CeilDivide(layers.squeeze.in_channels, 4)},
      {"BLOCKS_H", CeilDivide(layers.squeeze.out_channels, 4)},
      {"LANES_H", groups.squeeze_lanes},
      {"LANES_Y", groups.excite_lanes},
      {"SQUEEZE_ACTIVATION", static_cast<int64_t>(layers.squeeze.activation.kind)}};
  for (const auto& [name, value] : macros) launch.kernel.macros[name] = std::to_string(value);
  AppendTensors(excite, &launch);
  for (const ConvolutionRequest* layer : {&squeeze, &excite}) {
    AppendWeights(PackDirectFilter(*layer), &variant);
    AppendWeights(PackChannelBias(*layer), &variant);
  }
  launch.arguments.push_back(static_cast<int32_t>(layers.excite.out_channels));
  layers.squeeze.activation.AppendArguments(&launch.arguments);
  layers.excite.activation.AppendArguments(&launch.arguments);
  const size_t items = static_cast<size_t>(groups.items);
  launch.local = {items, 1, 1};
  launch.global = {items * static_cast<size_t>(layers.squeeze.batch), 1, 1};
  variant.estimate_ms = EstimateMs(layers, groups, excite.device());
  return variant;
}

class SqueezeExcite : public Op {
 public:
  static StatusOr<std::unique_ptr<Op>> Make(const Node& node) {
    auto op = std::make_unique<SqueezeExcite>();
    const AttributeMap squeeze = WithoutPrefix(node.attributes, "squeeze_");
    MACE_ASSIGN_OR_RETURN(op->window_, WindowAttributes::Parse(node.attributes));
    MACE_ASSIGN_OR_RETURN(op->activation_, FusedActivation::Parse(node.attributes));
    MACE_ASSIGN_OR_RETURN(op->squeeze_window_, WindowAttributes::Parse(squeeze));
    MACE_ASSIGN_OR_RETURN(op->squeeze_activation_, FusedActivation::Parse(squeeze));
    for (const char* name : {"group", "squeeze_group"}) {
      const int64_t groups = node.attributes.GetInt(name, 1);
      if (groups != 1) {
        return InvalidArgument(std::string(name) + ": expected 1, found " + std::to_string(groups));
      }
    }
    return std::unique_ptr<Op>(std::move(op));
  }

  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    if (!inputs[0].present || !inputs[kSqueezeFilter].present || !inputs[kExciteFilter].present) {
      return InvalidArgument("expected inputs x, squeeze filter, [squeeze bias], filter, [bias]");
    }
    MACE_ASSIGN_OR_RETURN(const Layers layers,
                          Bind(inputs[0].info.shape, inputs[kSqueezeFilter].info.shape,
                               inputs[kExciteFilter].info.shape));
    ConvolutionInputs found;
    if (inputs[kSqueezeBias].present) found.bias = kSqueezeBias;
    MACE_RETURN_IF_ERROR(
        FinishConvolution(layers.squeeze, inputs, found, outputs).WithPrefix("squeeze"));
    found.bias = inputs[kExciteBias].present ? kExciteBias : -1;
    return FinishConvolution(layers.excite, inputs, found, outputs);
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    MACE_ASSIGN_OR_RETURN(
        const Layers layers,
        Bind(inputs[0].shape(), inputs[kSqueezeFilter].shape(), inputs[kExciteFilter].shape()));
    const Shape shape{layers.squeeze.batch, 1, 1, layers.squeeze.out_channels};
    MACE_ASSIGN_OR_RETURN(HostTensor hidden, HostTensor::Allocate({DType::kFloat32, shape}));
    ConvolutionReference(layers.squeeze,
                         {inputs[0], ToFloatVector(inputs[kSqueezeFilter]), inputs[kSqueezeBias]},
                         hidden.f32());
    ConvolutionReference(layers.excite,
                         {hidden, ToFloatVector(inputs[kExciteFilter]), inputs[kExciteBias]},
                         (*outputs)[0].f32());
    return Status::Ok();
  }

  bool SplitsAlongBatch(const std::vector<OpInput>& /*inputs*/,
                        const std::vector<bool>& batched) const override {
    return BatchIsInFirstInputOnly(batched);
  }

  std::vector<KernelVariant> Lower(const LoweringRequest& request) const override {
    const DeviceInfo& device = *request.device;
    if (device.kind == DeviceKind::kCpu || device.local_memory_is_emulated) return {};
    const HostTensor* constants[kExciteBias + 1] = {};
    for (int i = kSqueezeFilter; i <= kExciteBias; ++i) {
      const OpInput& input = request.inputs[static_cast<size_t>(i)];
      constants[i] = input.constant;
      if (input.present && input.constant == nullptr) return {};
    }
    const StatusOr<Layers> layers =
        Bind(request.inputs[0].info.shape, constants[kSqueezeFilter]->shape(),
             constants[kExciteFilter]->shape());
    if (!layers.ok() || !FitsInt32(layers->squeeze) || !FitsInt32(layers->excite)) return {};
    const Groups groups = GroupsOf(*layers, device);
    if (!Fits(*layers, groups, device)) return {};
    const ConvolutionRequest squeeze = {
        "squeeze_excite", layers->squeeze,
        WeightsFromConstants(*constants[kSqueezeFilter], constants[kSqueezeBias]), &request};
    const ConvolutionRequest excite = {
        "squeeze_excite", layers->excite,
        WeightsFromConstants(*constants[kExciteFilter], constants[kExciteBias]), &request};
    return {LowerLayers(squeeze, excite, groups)};
  }

  Cost EstimateCost(const std::vector<OpInput>& inputs,
                    const std::vector<TensorInfo>& outputs) const override {
    Cost cost = Op::EstimateCost(inputs, outputs);
    const StatusOr<Layers> layers = Bind(inputs[0].info.shape, inputs[kSqueezeFilter].info.shape,
                                         inputs[kExciteFilter].info.shape);
    if (layers.ok()) cost.flops = layers->squeeze.flops() + layers->excite.flops();
    return cost;
  }

 private:
  static StatusOr<Convolution> BindLayer(const Shape& x, const Shape& filter,
                                         const WindowAttributes& window) {
    if (x.rank() != 4 || x.dim(0) < 1 || x.dim(1) != 1 || x.dim(2) != 1 || x.dim(3) < 1) {
      return InvalidArgument("x: expected [N, 1, 1, C], found " + x.ToString());
    }
    if (filter.rank() != 4 || filter.dim(0) < 1 || filter.dim(1) != x.dim(3) ||
        filter.dim(2) != 1 || filter.dim(3) != 1) {
      return InvalidArgument("expected a filter (output, " + std::to_string(x.dim(3)) +
                             ", 1, 1), found " + filter.ToString());
    }
    Convolution layer;
    layer.batch = x.dim(0);
    layer.in_channels = x.dim(3);
    layer.out_channels = filter.dim(0);
    MACE_ASSIGN_OR_RETURN(layer.window, window.Slide(1, 1, 1, 1));
    if (!layer.pointwise()) return InvalidArgument("expected stride 1 and no padding");
    return layer;
  }

  StatusOr<Layers> Bind(const Shape& x, const Shape& squeeze_filter, const Shape& filter) const {
    Layers layers;
    MACE_ASSIGN_OR_RETURN(layers.squeeze, BindLayer(x, squeeze_filter, squeeze_window_));
    layers.squeeze.activation = squeeze_activation_;
    const Shape hidden{x.dim(0), 1, 1, layers.squeeze.out_channels};
    MACE_ASSIGN_OR_RETURN(layers.excite, BindLayer(hidden, filter, window_));
    layers.excite.activation = activation_;
    return layers;
  }

  WindowAttributes window_, squeeze_window_;
  FusedActivation activation_, squeeze_activation_;
};

}  // namespace

extern const OpDefinition kSqueezeExciteOp;
const OpDefinition kSqueezeExciteOp = {"SqueezeExcite", 5, 5, SqueezeExcite::Make};

}  // namespace mace
