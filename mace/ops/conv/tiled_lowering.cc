// conv2d_tiled: see conv2d_tiled.cl.
#include <algorithm>
#include <cmath>
#include <utility>

#include "mace/base/divide.h"
#include "mace/kernel/gpu_cost.h"
#include "mace/kernel/roofline.h"
#include "mace/ops/conv/convolution_lowering.h"
#include "mace/ops/conv/pack_transpose.h"
#include "mace/ops/lowering_support.h"

namespace mace {
namespace {

// A register tile and how a work-item walks over such tiles.
struct RegisterTile {
  int lanes;
  int vectors;
  int rows;
  bool spaced = false;  // conv2d_tiled.cl, SPACED and SCALAR_LOADS.
  bool blocks = false;  // x, or y, lies in blocks of channels.
  int columns() const { return lanes * vectors; }
};

bool CanBeSpaced(const Convolution& c, const RegisterTile& tile) {
  return (c.pointwise() ? c.tiled_pixels() : c.window.w.out) >= tile.rows;
}

int64_t PixelTiles(const Convolution& c, const RegisterTile& tile) {
  if (!tile.spaced || c.pointwise()) return c.pixel_tiles(tile.rows);
  return c.batch * c.window.h.out * CeilDivide(c.window.w.out, tile.rows);
}

int64_t ChannelTiles(const Convolution& c, const RegisterTile& tile) {
  return CeilDivide(c.out_per_group(), tile.columns()) * c.groups;
}

// Input channels as the kernel counts and the filter holds them.
int64_t Depth(const Convolution& c, const RegisterTile& tile) {
  return tile.spaced ? c.in_per_group() : CeilDivide(c.in_per_group(), 4) * 4;
}

// The products that the tile computes, those beyond the existing pixels and channels included,
// times the cost of a product: the loads, on CPUs also the addresses of a tap's pixels where they
// are not spaced.
double TileCost(const ConvolutionRequest& request, const RegisterTile& tile) {
  const Convolution& c = request.convolution;
  const double computed =
      static_cast<double>(PixelTiles(c, tile) * tile.rows) *
      static_cast<double>(ChannelTiles(c, tile) * tile.columns() * Depth(c, tile));
  const double loads = (tile.rows + tile.vectors + (c.has_channel_scale() ? 1 : 0)) /
                       static_cast<double>(tile.rows * tile.vectors);
  if (!request.cpu()) return computed * std::max(0.5, loads);
  const double addresses = tile.spaced ? 0 : 0.05 + 1.0 / static_cast<double>(c.in_per_group());
  // The weights of a channel times its channel scale.
  const double channel_scale = c.has_channel_scale() ? 0.8 / tile.rows : 0;
  // Too few sums to hide the latency of a multiply-add.
  const double waits = tile.blocks && tile.rows == 1 ? 0.6 : 0;
  return computed * (0.8 + 0.3 * loads + addresses + channel_scale + waits);
}

// On CPUs milliseconds; elsewhere to compare tiles.
double TileMs(const ConvolutionRequest& request, const RegisterTile& tile) {
  const double taps = static_cast<double>(request.convolution.taps());
  return ProductsMs(request.device(), TileCost(request, tile) * taps);
}

// A tile of more sums is one kernel more, which takes PoCL as long to compile as four small ones:
// it has to pay.
constexpr int kMaxSums = 16;
constexpr double kLargeTileMs = 0.1;

// More sums than it takes to hide the latency of a multiply-add, in few enough registers that the
// weights and the addresses of the pixels fit beside them.
std::vector<RegisterTile> CpuTiles(const DeviceInfo& device, bool blocks) {
  if (device.preferred_float_width >= 16) {
    std::vector<RegisterTile> tiles = {{16, 2, 7}, {16, 1, 14}, {16, 4, 1}};
    // Pixels of a block are at distances known to the compiler, which need no register.
    if (blocks) tiles.push_back({16, 2, 14});
    return tiles;
  }
  const int lanes = device.preferred_float_width >= 8 ? 8 : 4;
  return {{lanes, 2, 6}, {lanes, 1, 8}, {lanes, 4, 1}};
}

RegisterTile ChooseRegisterTile(const ConvolutionRequest& request, bool blocks) {
  std::vector<RegisterTile> tiles = {{4, 2, 4}, {4, 1, 4}};
  if (request.cpu()) {
    tiles = CpuTiles(request.device(), blocks);
    const std::vector<RegisterTile> unspaced = tiles;
    if (blocks) tiles.clear();
    for (RegisterTile tile : unspaced) {
      tile.spaced = true;
      tile.blocks = blocks;
      if (CanBeSpaced(request.convolution, tile)) tiles.push_back(tile);
    }
  }
  const auto cost = [&](const RegisterTile& tile) {
    const bool large = tile.rows * tile.vectors > kMaxSums;
    return TileMs(request, tile) + (large ? kLargeTileMs : 0);
  };
  return *std::min_element(
      tiles.begin(), tiles.end(),
      [&](const RegisterTile& a, const RegisterTile& b) { return cost(a) < cost(b); });
}

PackedWeights PackFilter(const ConvolutionRequest& request, const RegisterTile& tile) {
  const Convolution& c = request.convolution;
  const int64_t columns = tile.columns(), taps = c.taps(), depth = c.in_per_group();
  const int64_t padded = Depth(c, tile);
  const int64_t per_group = c.out_per_group();
  const int64_t tiles = CeilDivide(per_group, columns);
  PackedWeights weights;
  weights.name = "filter";
  weights.elements = static_cast<size_t>(c.groups * tiles * taps * padded * columns);
  const bool is_padded = padded != depth || per_group % columns != 0;
  weights.pack = [=, groups = c.groups, filter = request.weights.filter,
                  elements = weights.elements](float* to) -> Status {
    if (is_padded) std::fill(to, to + elements, 0.0f);
    MACE_ASSIGN_OR_RETURN(const HostTensor held, filter());
    const float* from = held.f32();
    for (int64_t group = 0; group < groups; ++group) {
      for (int64_t o = 0; o < per_group; o += columns) {
        const int64_t rows = std::min(columns, per_group - o);
        TransposeBlocked(from, rows, depth * taps, depth * taps,
                         [&](int64_t i) { return to + (i % taps * padded + i / taps) * columns; });
        from += rows * depth * taps;
        to += taps * padded * columns;
      }
    }
    return Status();
  };
  weights.identity = FilterIdentity(request, "tiled", {columns, padded});
  return weights;
}

PackedWeights PackBias(const ConvolutionRequest& request, const RegisterTile& tile) {
  const Convolution& c = request.convolution;
  const int64_t columns = tile.columns(), per_group = c.out_per_group();
  const int64_t tiles = CeilDivide(per_group, columns);
  PackedWeights weights;
  weights.name = "bias";
  weights.keep_float32 = true;
  weights.elements = static_cast<size_t>(c.groups * tiles * columns);
  const int64_t out_channels = c.out_channels;
  weights.pack = [=, bias = request.weights.bias,
                  elements = weights.elements](float* to) -> Status {
    std::fill(to, to + elements, 0.0f);
    if (!bias) return Status();
    MACE_ASSIGN_OR_RETURN(const HostTensor from, bias());
    for (int64_t o = 0; o < out_channels; ++o) {
      to[o / per_group * tiles * columns + o % per_group] = from.f32()[o];
    }
    return Status();
  };
  weights.identity = BiasIdentity(request, "tiled bias", {columns, c.groups});
  return weights;
}

PackedWeights Zeros(int64_t elements) {
  PackedWeights weights;
  weights.name = "zeros";
  weights.elements = static_cast<size_t>(elements);
  weights.pack = [elements](float* to) -> Status {
    std::fill(to, to + elements, 0.0f);
    return Status();
  };
  weights.identity = PackingIdentity("zeros", {}, {});
  return weights;
}

// Which index runs fastest: the one whose operand is read again and again from the nearest cache.
bool PixelsFirst(const Convolution& c, const RegisterTile& tile) {
  constexpr double kCacheBytes = 512 * 1024;
  const double filter_bytes =
      4.0 * static_cast<double>(c.out_channels) * static_cast<double>(c.taps() * c.in_per_group());
  return filter_bytes > kCacheBytes && c.out_pixels() > tile.rows;
}

// A work-item costs a CPU driver something: there are as many as it takes to keep all its units
// busy to the end, each with many tiles.
int64_t TilesPerItem(const ConvolutionRequest& request, const RegisterTile& tile) {
  if (!request.cpu()) return 1;
  const Convolution& c = request.convolution;
  const int64_t items = 16 * static_cast<int64_t>(request.device().compute_units);
  return std::max<int64_t>(1, PixelTiles(c, tile) * ChannelTiles(c, tile) / items);
}

void SetSizes(const ConvolutionRequest& request, int64_t pixel_items, int64_t channel_tiles,
              bool pixels_first, Launch* launch) {
  const size_t first = static_cast<size_t>(pixels_first ? pixel_items : channel_tiles);
  const size_t second = static_cast<size_t>(pixels_first ? channel_tiles : pixel_items);
  launch->global = {first, second, 1};
  if (request.cpu()) return;
  launch->local = {8, 8, 1};
  launch->local_alternatives = {{4, 16, 1}, {16, 4, 1}, {16, 8, 1}, {8, 16, 1}, {32, 4, 1}};
}

double EstimateGpuMs(const Convolution& c, const DeviceInfo& device, const RegisterTile& tile) {
  // Loads of four floats that may lie anywhere come in pieces.
  const double load = 3.3 * GpuUnitOf(device).buffer_load;
  GpuLoop loop;  // A block of input channels an iteration.
  loop.items = static_cast<double>(PixelTiles(c, tile) * ChannelTiles(c, tile));
  loop.iterations = static_cast<double>(c.taps() * ((c.in_per_group() + 3) / 4));
  loop.cycles = 1600;
  loop.products =
      kLoopProduct * 4 * tile.rows * tile.columns() + load * (tile.rows + tile.columns());
  if (c.has_channel_scale()) loop.products += 4 * tile.rows + load;
  return EstimateLoopMs(device, loop);
}

// Measured on PoCL with AVX-512 for MobileNetV2, ResNet-50 and Inception-v3 at batches of 1 and 16.
//
// Bytes of x and y where they do not fit the caches and few products are made of each element; else
// 0.
double StreamedBytes(const Convolution& c) {
  constexpr double kCacheBytes = 8 << 20;
  const double pixels_in = static_cast<double>(c.batch * c.window.h.in * c.window.w.in);
  const double bytes = 4 * (pixels_in * static_cast<double>(c.in_channels) +
                            static_cast<double>(c.out_pixels() * c.out_channels));
  return bytes > kCacheBytes && c.taps() == 1 ? bytes : 0;
}

// In channels4 a tile's stores fill parts of rows, and memory is waited for.
double WaitMs(const ConvolutionRequest& request) {
  return BytesMs(request.device(), 0.8 * StreamedBytes(request.convolution));
}

// In blocks what the tile takes in channels4 without that, times this: a pixel's channels lie in as
// many places as there are blocks, which no prefetch finds.
double BlocksCost(const Convolution& c, const ConvolutionLayouts& layouts) {
  if (BlockChannels(layouts.x) == 0) return 1;
  const double depth = static_cast<double>(std::min<int64_t>(c.in_channels, 1280)) / 1024;
  const bool streamed = StreamedBytes(c) > 0;
  double cost = (c.taps() > 1 ? 0.88 : 0.8) + 0.35 * depth;
  if (streamed) cost = 1.1 + 2 * std::max(0.0, depth - 0.3);
  return c.window.w.stride > 1 ? cost * (streamed ? 1.5 : 1.25) : cost;
}

KernelVariant LowerLayout(const ConvolutionRequest& request, const ConvolutionLayouts& layouts) {
  const Convolution& c = request.convolution;
  const RegisterTile tile = ChooseRegisterTile(request, layouts.blocks());
  const bool pointwise = c.pointwise();
  KernelVariant variant = NewConvolutionVariant(request, pointwise ? "tiled_1x1" : "tiled",
                                                "conv2d_tiled", Storage::kBuffer);
  Launch& launch = variant.launches.back();
  launch.kernel.macros["LANES"] = std::to_string(tile.lanes);
  launch.kernel.macros["VECTORS"] = std::to_string(tile.vectors);
  launch.kernel.macros["ROWS"] = std::to_string(tile.rows);
  launch.kernel.macros["SCALAR_LOADS"] = request.cpu() ? "1" : "0";
  launch.kernel.macros["SPACED"] = tile.spaced ? "1" : "0";
  launch.kernel.macros["POINTWISE"] = pointwise ? "1" : "0";
  const bool unit_stride = layouts.blocks() && !pointwise && c.window.w.stride == 1;
  launch.kernel.macros["UNIT_STRIDE"] = unit_stride ? "1" : "0";
  // How many vectors ahead to prefetch: enough to hide the way from the second cache to the first,
  // measured on PoCL with AVX-512, where a vector is a cache line.
  launch.kernel.macros["PREFETCH"] = request.cpu() && tile.lanes == 16 ? "8" : "0";
  AppendTensors(request, &launch);
  AppendWeights(PackFilter(request, tile), &variant);
  AppendWeights(PackBias(request, tile), &variant);
  if (!pointwise) {
    AppendWeights(Zeros((c.in_per_group() + 3) / 4 * 4), &variant);
    launch.arguments.push_back(static_cast<int32_t>(c.window.h.in));
    AppendWindow(c.window, &launch);
  }
  const int64_t tiles = ChannelTiles(c, tile), pixel_tiles = PixelTiles(c, tile);
  const int64_t tiles_per_item = TilesPerItem(request, tile);
  const bool pixels_first = request.cpu() && PixelsFirst(c, tile);
  for (int64_t value :
       {c.tiled_pixels(), c.out_channels, c.in_per_group(), c.out_per_group(), tiles / c.groups,
        tiles, pixel_tiles, tiles_per_item, int64_t{pixels_first}}) {
    launch.arguments.push_back(static_cast<int32_t>(value));
  }
  c.activation.AppendArguments(&launch.arguments);
  SetSizes(request, CeilDivide(pixel_tiles, tiles_per_item), tiles, pixels_first, &launch);
  variant.estimate_ms =
      request.cpu() ? TileMs(request, tile) : EstimateGpuMs(c, request.device(), tile);
  if (layouts.blocks()) {
    SetLayouts(request, layouts, &variant);
    variant.estimate_ms *= BlocksCost(c, layouts);
  } else if (request.cpu()) {
    variant.estimate_ms += WaitMs(request);
  }
  return variant;
}

}  // namespace

void LowerTiled(const ConvolutionRequest& request, std::vector<KernelVariant>* result) {
  result->push_back(LowerLayout(request, {}));
  const ConvolutionLayouts layouts = BlocksOf(request);
  if (layouts.blocks() && request.convolution.groups == 1) {
    result->push_back(LowerLayout(request, layouts));
  }
}

}  // namespace mace
