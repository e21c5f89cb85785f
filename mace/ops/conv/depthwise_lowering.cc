// conv2d_depthwise: see conv2d_depthwise.cl.
#include <algorithm>
#include <utility>

#include "mace/base/divide.h"
#include "mace/kernel/gpu_cost.h"
#include "mace/kernel/roofline.h"
#include "mace/ops/conv/convolution_lowering.h"
#include "mace/ops/conv/pack_transpose.h"

namespace mace {
namespace {

// Blocks of four floats that a GPU's work-item holds in registers beside its sums.
constexpr int64_t kMaxBlocksHeld = 30;

// The time of a variant in blocks as a part of the time of the other way: rows of a block are read
// without gaps, where they are long enough. Measured on PoCL with AVX-512 for MobileNetV2.
double BlocksCost(const Convolution& c) {
  constexpr int64_t kShortRow = 8;
  if (c.window.w.in > kShortRow) return 0.65;
  return c.batch > 1 ? 1.3 : 0.95;
}

struct DepthwiseTile {
  int64_t lanes;
  int64_t pixels;
  bool window;            // The input of a tile is held in registers.
  bool all_rows = false;  // The variant of all kernel rows at once.
};

// Neighbouring pixels share what they read, as long as enough work-items are left to hide the
// latency of memory.
int64_t GpuPixels(const Convolution& c, const DeviceInfo& device) {
  constexpr int64_t kItemsOfABusyUnit = 256;
  const int64_t busy = kItemsOfABusyUnit * device.compute_units;
  const int64_t blocks = (c.out_channels + 3) / 4 * c.batch * c.window.h.out;
  int64_t pixels = 4;
  while (pixels > 1 && blocks * CeilDivide(c.window.w.out, pixels) < busy) pixels /= 2;
  return pixels;
}

DepthwiseTile ChooseDepthwiseTile(const ConvolutionRequest& request, Storage storage,
                                  Layout layout) {
  const Convolution& c = request.convolution;
  const WindowAxis& w = c.window.w;
  const int64_t padded = PaddedChannels(layout, c.out_channels);
  DepthwiseTile tile{4, 4, w.dilation == 1 && w.kernel <= 5 && w.kernel > 1 && w.stride <= 2};
  if (request.cpu() && storage == Storage::kBuffer) {
    const int64_t widest = request.device().preferred_float_width >= 16 ? 16 : 8;
    while (tile.lanes < widest && padded % (2 * tile.lanes) == 0) tile.lanes *= 2;
    // A stride of two holds twice the columns. Narrow outputs leave some of the eight unused, which
    // costs less than another kernel in a cold start.
    tile.pixels = w.stride == 1 && widest == 16 ? 8 : 4;
  }
  if (!request.cpu()) {
    tile.pixels = GpuPixels(c, request.device());
    const int64_t columns = (tile.pixels - 1) * w.stride + w.kernel;
    tile.all_rows = tile.window && c.window.h.kernel * columns <= kMaxBlocksHeld;
  }
  return tile;
}

// Neighbouring work-items of a buffer kernel read neighbouring channels.
void SetChannelsFirst(Launch* launch) {
  launch->local_alternatives.push_back(launch->local);
  size_t channels = 1;
  while (channels < 32 && channels * 2 <= launch->global[0]) channels *= 2;
  launch->local = {channels, std::min<size_t>(64 / channels, launch->global[1]), 1};
}

double EstimateMs(const ConvolutionRequest& request, const DepthwiseTile& tile, Storage storage) {
  const Convolution& c = request.convolution;
  if (request.cpu()) {
    const double slowdown = storage == Storage::kImage ? ImageSlowdown(request.device()) : 1;
    return 20 * ProductsMs(request.device(), c.flops() / 2) * slowdown;
  }
  const GpuUnit unit = GpuUnitOf(request.device());
  const WindowAxis& w = c.window.w;
  const int64_t tiles = CeilDivide(w.out, tile.pixels);
  const int64_t reads =
      tile.window ? (tile.pixels - 1) * w.stride + w.kernel : tile.pixels * w.kernel;
  GpuLoop loop;  // A kernel row an iteration.
  loop.items = static_cast<double>((c.out_channels + 3) / 4 * tiles * c.batch * c.window.h.out);
  loop.iterations = static_cast<double>(c.window.h.kernel);
  loop.cycles = 330;
  loop.products = kLoopProduct * 4 * static_cast<double>(tile.pixels * w.kernel) +
                  static_cast<double>(reads) * unit.load(storage) +
                  static_cast<double>(w.kernel) * unit.buffer_load;
  return EstimateLoopMs(request.device(), loop);
}

KernelVariant LowerLayout(const ConvolutionRequest& request, Storage storage,
                          const ConvolutionLayouts& layouts) {
  const Convolution& c = request.convolution;
  const DepthwiseTile tile = ChooseDepthwiseTile(request, storage, layouts.y);
  const int64_t multiple = layouts.blocks() ? tile.lanes : 4;
  KernelVariant variant = NewConvolutionVariant(request, "depthwise", "conv2d_depthwise", storage);
  Launch& launch = variant.launches.back();
  launch.kernel.macros["LANES"] = std::to_string(tile.lanes);
  launch.kernel.macros["PIXELS"] = std::to_string(tile.pixels);
  launch.kernel.macros["WINDOW_W"] = std::to_string(tile.window ? c.window.w.kernel : 0);
  launch.kernel.macros["WINDOW_H"] = std::to_string(tile.all_rows ? c.window.h.kernel : 0);
  launch.kernel.macros["WINDOW_STRIDE"] = std::to_string(tile.window ? c.window.w.stride : 0);
  AppendTensors(request, &launch);
  AppendWeights(PackDepthwiseFilter(request, multiple), &variant);
  AppendWeights(PackChannelBias(request, multiple), &variant);
  launch.arguments.push_back(static_cast<int32_t>(c.window.h.in));
  AppendWindow(c.window, &launch);
  const int64_t out_rows = c.batch * c.window.h.out;
  const int64_t tiles = CeilDivide(c.window.w.out, tile.pixels);
  // A work-item costs a CPU something: it takes the whole row.
  const int64_t tiles_per_item = request.cpu() ? tiles : 1;
  for (int64_t value : {out_rows, c.out_channels, tiles_per_item}) {
    launch.arguments.push_back(static_cast<int32_t>(value));
  }
  c.activation.AppendArguments(&launch.arguments);
  const int64_t padded = RoundUp(c.out_channels, multiple);
  SetWorkSizes(request.device(), {padded / tile.lanes, tiles / tiles_per_item, out_rows}, &launch);
  if (!request.cpu() && storage == Storage::kBuffer) SetChannelsFirst(&launch);
  variant.estimate_ms = EstimateMs(request, tile, storage);
  if (layouts.blocks()) {
    SetLayouts(request, layouts, &variant);
    variant.estimate_ms *= BlocksCost(c);
  }
  return variant;
}

}  // namespace

PackedWeights PackDepthwiseFilter(const ConvolutionRequest& request, int64_t lanes) {
  const int64_t taps = request.convolution.taps();
  const int64_t channels = request.convolution.out_channels;
  const int64_t padded = RoundUp(channels, lanes);
  PackedWeights weights;
  weights.name = "filter";
  weights.elements = static_cast<size_t>(taps * padded);
  weights.pack = [=, filter = request.weights.filter](float* to) -> Status {
    if (padded != channels) std::fill(to, to + taps * padded, 0.0f);
    MACE_ASSIGN_OR_RETURN(const HostTensor from, filter());
    TransposeBlocked(from.f32(), channels, taps, taps,
                     [&](int64_t tap) { return to + tap * padded; });
    return Status();
  };
  weights.identity = FilterIdentity(request, "depthwise", {padded});
  return weights;
}

void LowerDepthwise(const ConvolutionRequest& request, Storage storage,
                    std::vector<KernelVariant>* result) {
  const Convolution& c = request.convolution;
  if (!c.depthwise() || c.has_channel_scale()) return;
  result->push_back(LowerLayout(request, storage, {}));
  const ConvolutionLayouts layouts = BlocksOf(request);
  if (layouts.blocks()) result->push_back(LowerLayout(request, storage, layouts));
}

}  // namespace mace
