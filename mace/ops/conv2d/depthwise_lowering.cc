// conv2d_depthwise: see conv2d_depthwise.cl.
#include <algorithm>
#include <utility>

#include "mace/ops/conv2d/convolution_lowering.h"

namespace mace {
namespace {

// [tap][channels rounded up to 4]
PackedWeights PackDepthwiseFilter(const ConvolutionRequest& request) {
  const int64_t taps = request.convolution.taps();
  const int64_t channels = request.convolution.out_channels;
  const int64_t padded = (channels + 3) / 4 * 4;
  PackedWeights weights;
  weights.name = "filter";
  weights.elements = static_cast<size_t>(taps * padded);
  weights.pack = [=, filter = request.weights.filter](float* to) {
    std::fill(to, to + taps * padded, 0.0f);
    const std::vector<float> from = filter();
    for (int64_t channel = 0; channel < channels; ++channel) {
      for (int64_t tap = 0; tap < taps; ++tap) {
        to[tap * padded + channel] = from[static_cast<size_t>(channel * taps + tap)];
      }
    }
  };
  return weights;
}

struct Tile {
  int64_t lanes;
  int64_t pixels;
  bool window;  // The input of a tile is held in registers.
};

Tile ChooseTile(const ConvolutionRequest& request, Storage storage) {
  const Convolution& c = request.convolution;
  const WindowAxis& w = c.window.w;
  const int64_t padded = (c.out_channels + 3) / 4 * 4;
  Tile tile{4, 4, w.dilation == 1 && w.kernel <= 5 && w.kernel > 1 && w.stride <= 2};
  if (request.cpu() && storage == Storage::kBuffer) {
    const int64_t widest = request.device().preferred_float_width >= 16 ? 16 : 8;
    while (tile.lanes < widest && padded % (2 * tile.lanes) == 0) tile.lanes *= 2;
    // A stride of two holds twice the columns.
    tile.pixels = w.stride == 1 && w.out > 4 && widest == 16 ? 8 : 4;
  }
  return tile;
}

}  // namespace

void LowerDepthwise(const ConvolutionRequest& request, Storage storage,
                    std::vector<Lowering>* result) {
  const Convolution& c = request.convolution;
  const Tile tile = ChooseTile(request, storage);
  Lowering lowering = StartLowering(request, "depthwise", "conv2d_depthwise", storage);
  Launch& launch = lowering.launches.back();
  launch.kernel.macros["LANES"] = std::to_string(tile.lanes);
  launch.kernel.macros["PIXELS"] = std::to_string(tile.pixels);
  launch.kernel.macros["WINDOW_W"] = std::to_string(tile.window ? c.window.w.kernel : 0);
  launch.kernel.macros["WINDOW_STRIDE"] = std::to_string(tile.window ? c.window.w.stride : 0);
  AppendTensors(request, &launch);
  AppendWeights(PackDepthwiseFilter(request), &lowering);
  AppendWeights(PackChannelBias(request), &lowering);
  launch.arguments.push_back(static_cast<int32_t>(c.window.h.in));
  AppendWindow(c.window, &launch);
  const int64_t out_rows = c.batch * c.window.h.out;
  const int64_t tiles = (c.window.w.out + tile.pixels - 1) / tile.pixels;
  // A work-item costs a CPU something: it takes the whole row.
  const int64_t tiles_per_item = request.cpu() ? tiles : 1;
  for (int64_t value : {out_rows, c.out_channels, tiles_per_item}) {
    launch.arguments.push_back(static_cast<int32_t>(value));
  }
  c.activation.AppendArguments(&launch.arguments);
  const int64_t padded = (c.out_channels + 3) / 4 * 4;
  SetWorkSizes(request.device(), {padded / tile.lanes, tiles / tiles_per_item, out_rows}, &launch);
  const double slowdown = request.cpu() && storage == Storage::kImage ? 100 : 1;
  lowering.estimate_ms = c.flops() * (request.cpu() ? 5e-8 : 1e-9) * slowdown;
  result->push_back(std::move(lowering));
}

}  // namespace mace
