#include "mace/ops/conv/convolution_lowering.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "mace/base/divide.h"
#include "mace/ops/conv/int8_lowering.h"
#include "mace/ops/conv/merged_groups.h"
#include "mace/ops/lowering_support.h"

namespace mace {
namespace {

constexpr double kMaxElements = static_cast<double>(std::numeric_limits<int32_t>::max());

// The largest tile of output channels that a packing rounds up to.
constexpr int64_t kLargestTile = 128;

constexpr size_t kWorkGroupItems = 64;

// The variants of aligned groups. REQUIRES: aligned groups.
void LowerAligned(const ConvolutionRequest& request, Storage storage,
                  std::vector<KernelVariant>* result) {
  if (storage == Storage::kBuffer) {
    LowerTiled(request, result);
    LowerTensor(request, result);
    LowerWinograd(request, result);
  }
  if (HasLocalMemory(request)) LowerLocal(request, storage, result);
  if (storage == Storage::kImage) LowerImage(request, result);
  LowerDirect(request, storage, result);
}

// Tiles of groups that are merged to fill the vectors of a CPU, on buffers. REQUIRES: aligned groups.
void LowerNarrowGroups(const ConvolutionRequest& request, std::vector<KernelVariant>* result) {
  std::optional<ConvolutionRequest> merged = MergeNarrowGroups(request);
  if (!merged.has_value()) return;
  merged->op += "_merged";
  LowerTiled(*merged, result);
}

std::vector<KernelVariant> LowerInFloats(const ConvolutionRequest& given) {
  ConvolutionRequest request = given;
  // PoCL takes 400 ms for each large kernel of a cold start.
  if (request.cpu()) request.convolution.activation = request.convolution.activation.AsClamp();
  std::vector<KernelVariant> result;
  const Convolution& convolution = request.convolution;
  if (!FitsInt32(convolution)) return result;
  const bool image =
      request.lowering->storage == Storage::kImage && FitsImages(convolution, request.device());
  const Storage storage = image ? Storage::kImage : Storage::kBuffer;
  LowerDepthwise(request, storage, &result);
  if (convolution.groups_aligned()) {
    LowerAligned(request, storage, &result);
    if (request.cpu() && storage == Storage::kBuffer) LowerNarrowGroups(request, &result);
    return result;
  }
  const std::optional<ConvolutionRequest> merged = MergeGroups(request);
  if (merged.has_value()) LowerAligned(*merged, storage, &result);
  LowerGrouped(request, storage, &result);
  return result;
}

}  // namespace

bool HasLocalMemory(const ConvolutionRequest& request) {
  return !request.cpu() && !request.device().local_memory_is_emulated;
}

bool FitsInt32(const Convolution& c) {
  const Window& window = c.window;
  const double in = static_cast<double>(c.batch) * static_cast<double>(window.h.in) *
                    static_cast<double>(window.w.in) *
                    static_cast<double>(RoundUp(c.in_channels, 4));
  const double out =
      static_cast<double>(c.out_pixels()) * static_cast<double>(RoundUp(c.out_channels, 4));
  const int64_t tiles = CeilDivide(c.out_per_group(), kLargestTile);
  const double filter = static_cast<double>(c.groups * tiles * kLargestTile) *
                        static_cast<double>(c.taps()) *
                        static_cast<double>(RoundUp(c.in_per_group(), 4));
  // Taps beyond the input: the last coordinate a kernel computes.
  const double reach = static_cast<double>(window.h.in + window.h.span() + window.h.pad_before) +
                       static_cast<double>(window.w.in + window.w.span() + window.w.pad_before);
  return in < kMaxElements && out < kMaxElements && filter < kMaxElements && reach < kMaxElements;
}

bool FitsImages(const Convolution& c, const DeviceInfo& device) {
  const auto fits = [&device](int64_t rows, int64_t width, int64_t channels) {
    return static_cast<uint64_t>(rows) <= device.image2d_max_height &&
           static_cast<uint64_t>(width * (RoundUp(channels, 4) / 4)) <= device.image2d_max_width;
  };
  return device.images && fits(c.batch * c.window.h.in, c.window.w.in, c.in_channels) &&
         fits(c.batch * c.window.h.out, c.window.w.out, c.out_channels);
}

KernelVariant NewConvolutionVariant(const ConvolutionRequest& request, const std::string& variant,
                                    const std::string& kernel, Storage storage) {
  KernelVariant kernel_variant;
  kernel_variant.name = request.op + "_" + variant;
  const TensorFormat format{Layout::kChannels4, storage};
  const int residual = request.convolution.residual_input;
  kernel_variant.inputs.assign(request.lowering->inputs.size(), format);
  kernel_variant.outputs = {format};
  Launch launch;
  launch.kernel.source = "" + kernel + ".cl";
  launch.kernel.base_name = kernel;
  launch.kernel.storage = storage;
  launch.kernel.precision = request.lowering->precision;
  launch.kernel.macros["RESIDUAL"] = residual >= 0 ? "1" : "0";
  launch.kernel.macros["CHANNEL_SCALE"] = request.convolution.has_channel_scale() ? "1" : "0";
  request.convolution.activation.SetMacros(&launch.kernel.macros);
  kernel_variant.launches.push_back(std::move(launch));
  return kernel_variant;
}

ConvolutionLayouts BlocksOf(const ConvolutionRequest& request) {
  const Convolution& c = request.convolution;
  const LoweringRequest& lowering = *request.lowering;
  const Shape& x = lowering.inputs[0].info.shape;
  // Rows of a matrix are no image, groups need not begin at a block.
  if (x.rank() != 4 || (c.groups != 1 && !c.depthwise()) || c.int8.has_value()) return {};
  const ConvolutionLayouts layouts = {BlocksFor(lowering, x),
                                      BlocksFor(lowering, lowering.outputs[0].shape)};
  return layouts.blocks() ? layouts : ConvolutionLayouts();
}

void SetLayouts(const ConvolutionRequest& request, const ConvolutionLayouts& layouts,
                KernelVariant* variant) {
  SetBlocks(layouts.x, layouts.y, variant);
  const Convolution& c = request.convolution;
  const auto set = [&](int input, Layout layout) {
    if (input >= 0) variant->inputs[static_cast<size_t>(input)].layout = layout;
  };
  set(c.residual_input, layouts.y);
  set(c.channel_scale_input, Layout::kChannels4);
}

void AppendTensors(const ConvolutionRequest& request, Launch* launch) {
  launch->arguments.push_back(InputArgument(0));
  launch->arguments.push_back(OutputArgument(0));
  if (request.convolution.residual_input >= 0) {
    launch->arguments.push_back(InputArgument(request.convolution.residual_input));
  }
  if (request.convolution.has_channel_scale()) {
    launch->arguments.push_back(InputArgument(request.convolution.channel_scale_input));
  }
}

void AppendWeights(PackedWeights weights, KernelVariant* variant) {
  variant->weights.push_back(std::move(weights));
  variant->launches.back().arguments.push_back(
      WeightsArgument(static_cast<int>(variant->weights.size()) - 1));
}

void AppendWindow(const Window& window, Launch* launch) {
  for (int64_t value : {window.h.out, window.w.out, window.h.kernel, window.w.kernel,
                        window.h.stride, window.w.stride, window.h.dilation, window.w.dilation,
                        window.h.pad_before, window.w.pad_before}) {
    launch->arguments.push_back(static_cast<int32_t>(value));
  }
}

std::function<std::string()> FilterIdentity(const ConvolutionRequest& request, const char* layout,
                                            std::vector<int64_t> numbers) {
  const Convolution& c = request.convolution;
  for (int64_t number :
       {c.in_channels, c.out_channels, c.groups, c.window.h.kernel, c.window.w.kernel}) {
    numbers.push_back(number);
  }
  return PackingIdentity(std::string(layout) + ", " + request.weights.filter_order,
                         std::move(numbers), request.weights.filter_constants);
}

std::function<std::string()> BiasIdentity(const ConvolutionRequest& request, const char* layout,
                                          std::vector<int64_t> numbers) {
  numbers.push_back(request.convolution.out_channels);
  std::vector<HostTensor> constants;
  if (request.weights.bias) constants = request.weights.bias_constants;
  return PackingIdentity(layout, std::move(numbers), std::move(constants));
}

PackedWeights PackChannelBias(const ConvolutionRequest& request, int64_t lanes) {
  PackedWeights weights;
  weights.name = "bias";
  weights.keep_float32 = true;
  weights.elements = static_cast<size_t>(RoundUp(request.convolution.out_channels, lanes));
  weights.pack = [bias = request.weights.bias, elements = weights.elements](float* to) -> Status {
    std::fill(to, to + elements, 0.0f);
    if (!bias) return Status();
    MACE_ASSIGN_OR_RETURN(const HostTensor from, bias());
    std::copy_n(from.f32(), from.shape().elements(), to);
    return Status();
  };
  weights.identity = BiasIdentity(request, "channel bias", {});
  return weights;
}

void SetWorkSizes(const DeviceInfo& device, const std::array<int64_t, 3>& global, Launch* launch) {
  for (size_t axis = 0; axis < 3; ++axis) launch->global[axis] = static_cast<size_t>(global[axis]);
  launch->local = {1, 1, 1};
  if (device.kind == DeviceKind::kCpu) return;
  // Doubles the axis that has the most work-items left, the first one up to 16 before others.
  size_t items = 1;
  while (items < kWorkGroupItems) {
    size_t best = 3;
    for (size_t axis = 0; axis < 3; ++axis) {
      if (launch->local[axis] * 2 > launch->global[axis] || launch->local[axis] >= 16) continue;
      if (best == 3 || launch->local[axis] < launch->local[best]) best = axis;
    }
    if (best == 3) break;
    launch->local[best] *= 2;
    items *= 2;
  }
  for (const WorkSize& local : {WorkSize{8, 4, 2}, WorkSize{4, 8, 4}, WorkSize{16, 8, 1},
                                WorkSize{4, 4, 8}, WorkSize{32, 2, 1}}) {
    launch->local_alternatives.push_back(local);
  }
}

std::vector<KernelVariant> LowerConvolution(const ConvolutionRequest& request) {
  std::vector<KernelVariant> result = LowerInFloats(request);
  if (request.convolution.int8.has_value() && FitsInt32(request.convolution)) {
    RoundResults(request, &result);
    LowerInt8(request, &result);
  }
  return result;
}

}  // namespace mace
