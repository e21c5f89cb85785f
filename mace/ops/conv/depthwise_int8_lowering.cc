// depthwise_int8: see depthwise_int8.cl.
#include <algorithm>
#include <utility>

#include "mace/base/divide.h"
#include "mace/kernel/roofline.h"
#include "mace/ops/conv/int8_lowering.h"
#include "mace/ops/lowering_support.h"

namespace mace {
namespace {

// Sums of more products, and the numbers on the way to them, may not be whole in a float.
constexpr int64_t kMaxTaps = (1 << 24) / (2 * 255 * 255);

struct DepthwiseInt8Tile {
  int64_t lanes = 4;
  int64_t pixels = 4;
  bool window = false;
};

int64_t PaddedChannels(const Convolution& c) { return (c.out_channels + 3) / 4 * 4; }

DepthwiseInt8Tile ChooseDepthwiseInt8Tile(const ConvolutionRequest& request) {
  const WindowAxis& w = request.convolution.window.w;
  DepthwiseInt8Tile tile;
  tile.window = w.dilation == 1 && w.kernel <= 5 && w.kernel > 1 && w.stride <= 2;
  if (!request.cpu()) return tile;
  const int64_t widest = request.device().preferred_float_width >= 16 ? 16 : 8;
  while (tile.lanes < widest && PaddedChannels(request.convolution) % (2 * tile.lanes) == 0) {
    tile.lanes *= 2;
  }
  tile.pixels = w.stride == 1 && widest == 16 ? 8 : 4;
  return tile;
}

// [tap][channels rounded up to 4], or the sums of all taps times `factor`.
PackedWeights PackSteps(const ConvolutionRequest& request, bool sums, float factor) {
  const Convolution& c = request.convolution;
  const int64_t taps = c.taps(), channels = c.out_channels, padded = PaddedChannels(c);
  PackedWeights weights;
  weights.name = sums ? "starts" : "filter";
  weights.keep_float32 = true;
  weights.elements = static_cast<size_t>(sums ? padded : taps * padded);
  weights.pack = [=, filter = request.weights.filter, elements = weights.elements,
                  scale = c.int8->filter_scale](float* to) -> Status {
    std::fill(to, to + elements, 0.0f);
    MACE_ASSIGN_OR_RETURN(const HostTensor held, filter());
    for (int64_t i = 0; i < channels * taps; ++i) {
      const float steps = static_cast<float>(WholeNumber(held.f32()[i], scale));
      to[i / taps + (sums ? 0 : i % taps * padded)] += factor * steps;
    }
    return Status();
  };
  weights.identity =
      FilterIdentity(request, sums ? "int8 depthwise sums" : "int8 depthwise",
                     {padded, BitsOf(double{factor}), BitsOf(double{c.int8->filter_scale})});
  return weights;
}

}  // namespace

void LowerInt8Depthwise(const ConvolutionRequest& request, const RoundedRange& range,
                        std::vector<KernelVariant>* result) {
  const Convolution& c = request.convolution;
  if (c.taps() > kMaxTaps) return;
  const DepthwiseInt8Tile tile = ChooseDepthwiseInt8Tile(request);
  KernelVariant variant = NewInt8Variant(request, "depthwise_int8");
  Launch& launch = variant.launches.back();
  for (const auto& [name, value] :
       {std::pair("LANES", tile.lanes), std::pair("PIXELS", tile.pixels),
        std::pair("WINDOW_W", tile.window ? c.window.w.kernel : 0),
        std::pair("WINDOW_STRIDE", tile.window ? c.window.w.stride : 0)}) {
    launch.kernel.macros[name] = std::to_string(value);
  }
  const int32_t x_zero = c.int8->x.zero_point;
  AppendWeights(PackSteps(request, false, 1), &variant);
  AppendWeights(PackSteps(request, true, static_cast<float>(-x_zero)), &variant);
  AppendWeights(PackRoundedBias(request, PaddedChannels(c)), &variant);
  launch.arguments.push_back(static_cast<int32_t>(c.window.h.in));
  AppendWindow(c.window, &launch);
  const int64_t out_rows = c.batch * c.window.h.out;
  const int64_t tiles = CeilDivide(c.window.w.out, tile.pixels);
  // A work-item costs a CPU something: it takes the whole row.
  const int64_t tiles_per_item = request.cpu() ? tiles : 1;
  for (int64_t value : {out_rows, c.out_channels, tiles_per_item, int64_t{x_zero}}) {
    launch.arguments.push_back(static_cast<int32_t>(value));
  }
  AppendRounding(c, range, &launch);
  SetWorkSizes(request.device(), {PaddedChannels(c) / tile.lanes, tiles / tiles_per_item, out_rows},
               &launch);
  // Against the estimate of conv2d_depthwise: a quarter of the memory.
  variant.estimate_ms = 10 * ProductsMs(request.device(), c.flops() / 2);
  result->push_back(std::move(variant));
}

}  // namespace mace
