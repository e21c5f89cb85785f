// conv2d_winograd: see conv2d_winograd.cl.
#include <algorithm>
#include <limits>
#include <utility>

#include "mace/base/divide.h"
#include "mace/kernel/roofline.h"
#include "mace/ops/conv/convolution_lowering.h"

namespace mace {
namespace {

constexpr int64_t kInTileMost = 6;
constexpr int64_t kTaps = 3;
// Floats between the planes, without which the points of a tile would all fall into one set of a
// cache.
constexpr int64_t kPlanePadding = 16;

// G of F(2x2, 3x3) and F(4x4, 3x3), for the points that conv2d_winograd.cl names.
constexpr double kRoot = 1.41421356237309504880;
constexpr double kFilterTransform2[kInTileMost][kTaps] = {
    {1, 0, 0}, {0.5, 0.5, 0.5}, {0.5, -0.5, 0.5}, {0, 0, 1}};
constexpr double kFilterTransform4[kInTileMost][kTaps] = {{1, 0, 0},
                                                          {-2.0 / 3, -kRoot / 3, -1.0 / 3},
                                                          {-2.0 / 3, kRoot / 3, -1.0 / 3},
                                                          {1.0 / 6, kRoot / 6, 1.0 / 3},
                                                          {1.0 / 6, -kRoot / 6, 1.0 / 3},
                                                          {0, 0, 1}};

// The register tile of the products; conv2d_tiled.cl says why.
struct ProductTile {
  int64_t lanes;
  int64_t vectors;
  int64_t rows;
  int64_t columns() const { return lanes * vectors; }
};

ProductTile ProductTileOf(const ConvolutionRequest& request) {
  if (!request.cpu()) return {4, 1, 4};
  const uint32_t width = request.device().preferred_float_width;
  if (width >= 16) return {16, 2, 7};
  return {width >= 8 ? 8 : 4, 2, 6};
}

// The extents of a convolution in tiles of out_tile x out_tile outputs.
struct WinogradExtents {
  int64_t out_tile, in_tile, points;
  ProductTile product;
  int64_t tiles_h, tiles_w, tiles;
  int64_t depth;          // Input channels as v has them.
  int64_t channel_tiles;  // Tiles of output channels.
  int64_t block_tiles;    // Tiles that go through the three launches together; a multiple of rows.

  WinogradExtents(const ConvolutionRequest& request, int64_t out_tile);

  int64_t pitch() const { return channel_tiles * product.columns(); }
  int64_t rows(int64_t of_tiles) const { return RoundUp(of_tiles, product.rows); }
  int64_t v_plane(int64_t of_tiles) const { return rows(of_tiles) * depth + kPlanePadding; }
  int64_t m_plane(int64_t of_tiles) const { return rows(of_tiles) * pitch() + kPlanePadding; }
  int64_t filter_elements() const { return points * depth * pitch(); }
};

WinogradExtents::WinogradExtents(const ConvolutionRequest& request, int64_t out_tile)
    : out_tile(out_tile),
      in_tile(out_tile + kTaps - 1),
      points(in_tile * in_tile),
      product(ProductTileOf(request)) {
  const Convolution& c = request.convolution;
  tiles_h = CeilDivide(c.window.h.out, out_tile);
  tiles_w = CeilDivide(c.window.w.out, out_tile);
  tiles = c.batch * tiles_h * tiles_w;
  depth = RoundUp(c.in_channels, 4);
  channel_tiles = CeilDivide(c.out_channels, product.columns());
  // Enough that the launches are worth it, few enough that v and m stay small; but not so few that
  // reading the filter once for each block takes longer than all else. On a CPU with 2 MB of cache
  // a core, blocks of 4 MB were 20 % faster than of 1 MB.
  const int64_t block_bytes = request.cpu() ? 4 << 20 : 16 << 20;
  const int64_t tile_bytes = 4 * points * (depth + pitch());
  const int64_t fitting = block_bytes / tile_bytes;
  const int64_t least = depth * pitch() / (2 * (depth + pitch()));
  const int64_t blocks = CeilDivide(tiles, std::max({fitting, least, product.rows}));
  block_tiles = rows(CeilDivide(tiles, blocks));
}

// The widest vector that the device likes and that channels are a multiple of. Never more than a
// block's.
int64_t TransformLanes(const ConvolutionRequest& request, int64_t channels) {
  const int64_t liked = request.cpu() ? request.device().preferred_float_width : 4;
  for (int64_t lanes : {16, 8}) {
    if (lanes <= liked && channels % lanes == 0) return lanes;
  }
  return 4;
}

// to[a][b][lane] = (G g G^T)[a][b] for `lanes` filters, g[tap][lane].
void TransformFilters(const double transform[kInTileMost][kTaps], int64_t in_tile,
                      const double (*g)[64], int64_t lanes,
                      const std::function<float*(int64_t point)>& to) {
  double down[kInTileMost][kTaps][64];
  for (int64_t a = 0; a < in_tile; ++a) {
    for (int64_t k = 0; k < kTaps; ++k) {
      const double* t = transform[a];
      for (int64_t n = 0; n < lanes; ++n) {
        down[a][k][n] = t[0] * g[k][n] + t[1] * g[kTaps + k][n] + t[2] * g[2 * kTaps + k][n];
      }
    }
  }
  for (int64_t a = 0; a < in_tile; ++a) {
    for (int64_t b = 0; b < in_tile; ++b) {
      const double* t = transform[b];
      float* at = to(a * in_tile + b);
      for (int64_t n = 0; n < lanes; ++n) {
        at[n] =
            static_cast<float>(t[0] * down[a][0][n] + t[1] * down[a][1][n] + t[2] * down[a][2][n]);
      }
    }
  }
}

// [point][channel tile][depth][columns], zeros where there is no channel.
PackedWeights PackTransformedFilter(const ConvolutionRequest& request,
                                    const WinogradExtents& extents) {
  PackedWeights weights;
  weights.name = "filter";
  weights.keep_float32 = true;
  weights.elements = static_cast<size_t>(extents.filter_elements());
  weights.pack = [extents, c = request.convolution,
                  filter = request.weights.filter](float* to) -> Status {
    std::fill(to, to + extents.filter_elements(), 0.0f);
    MACE_ASSIGN_OR_RETURN(const HostTensor held, filter());
    const auto& transform = extents.out_tile == 4 ? kFilterTransform4 : kFilterTransform2;
    constexpr int64_t taps = kTaps * kTaps;
    const int64_t columns = extents.product.columns(), depth = extents.depth;
    for (int64_t o = 0; o < c.out_channels; o += columns) {
      const int64_t lanes = std::min(columns, c.out_channels - o);
      for (int64_t i = 0; i < c.in_channels; ++i) {
        double g[taps][64];
        for (int64_t n = 0; n < lanes; ++n) {
          const float* from = held.f32() + ((o + n) * c.in_channels + i) * taps;
          for (int64_t tap = 0; tap < taps; ++tap) g[tap][n] = double{from[tap]};
        }
        TransformFilters(transform, extents.in_tile, g, lanes, [&](int64_t point) {
          const int64_t tile = point * extents.channel_tiles + o / columns;
          return to + (tile * depth + i) * columns;
        });
      }
    }
    return Status();
  };
  weights.identity = FilterIdentity(request, "winograd",
                                    {extents.out_tile, extents.product.columns(), extents.depth});
  return weights;
}

enum Scratch { kV, kM };
enum Weights { kPackedFilter, kPackedBias };

void AppendInts(std::initializer_list<int64_t> values, Launch* launch) {
  for (int64_t value : values) launch->arguments.push_back(static_cast<int32_t>(value));
}

// Some tiles that go through the launches together.
struct Block {
  int64_t first;
  int64_t tiles;
};

// A launch like `start` of another of the file's kernels.
Launch NewLaunch(const Launch& start, const char* name, int64_t lanes) {
  Launch launch = start;
  launch.kernel.base_name = std::string("conv2d_winograd_") + name;
  launch.kernel.macros["LANES"] = std::to_string(lanes);
  return launch;
}

// The vectors of channels that a work-item of a transform takes: all of them on CPUs, one
// elsewhere.
int64_t VectorsPerItem(const ConvolutionRequest& request, int64_t vectors) {
  return request.cpu() ? vectors : 1;
}

Launch InputLaunch(const ConvolutionRequest& request, const WinogradExtents& extents,
                   const Block& block, const Launch& start) {
  const Convolution& c = request.convolution;
  const int64_t lanes = TransformLanes(request, extents.depth), vectors = extents.depth / lanes;
  const int64_t per_item = VectorsPerItem(request, vectors), rows = extents.rows(block.tiles);
  Launch launch = NewLaunch(start, "input", lanes);
  launch.kernel.macros.erase("RESIDUAL");
  launch.kernel.macros.erase("ACTIVATION");
  launch.arguments = {InputArgument(0), ScratchArgument(kV)};
  AppendInts({c.window.h.in, c.window.h.pad_before, c.window.w.pad_before, extents.tiles_h,
              extents.tiles_w, block.first, block.tiles, rows, vectors, per_item,
              extents.v_plane(block.tiles)},
             &launch);
  SetWorkSizes(request.device(), {CeilDivide(vectors, per_item), rows, 1}, &launch);
  return launch;
}

Launch ProductLaunch(const ConvolutionRequest& request, const WinogradExtents& extents,
                     const Block& block, const Launch& start) {
  const ProductTile& tile = extents.product;
  Launch launch = NewLaunch(start, "product", tile.lanes);
  launch.kernel.macros = {{"OUT_TILE", "0"},  // It matters for transforms alone.
                          {"LANES", std::to_string(tile.lanes)},
                          {"VECTORS", std::to_string(tile.vectors)},
                          {"ROWS", std::to_string(tile.rows)},
                          {"SCALAR_LOADS", request.cpu() ? "1" : "0"}};
  const int64_t row_tiles = CeilDivide(block.tiles, tile.rows);
  int64_t per_item = 1;
  if (request.cpu()) {
    // Enough work-items to keep all units busy to the end, each with many tiles.
    const int64_t items = 16 * static_cast<int64_t>(request.device().compute_units);
    const int64_t most = row_tiles * extents.channel_tiles * extents.points / items;
    per_item = std::max<int64_t>(1, std::min(row_tiles, most));
  }
  launch.arguments = {ScratchArgument(kV), WeightsArgument(kPackedFilter), ScratchArgument(kM)};
  AppendInts({extents.depth, row_tiles, per_item, extents.channel_tiles, extents.points,
              extents.v_plane(block.tiles), extents.m_plane(block.tiles)},
             &launch);
  SetWorkSizes(request.device(),
               {CeilDivide(row_tiles, per_item), extents.channel_tiles, extents.points}, &launch);
  return launch;
}

Launch OutputLaunch(const ConvolutionRequest& request, const WinogradExtents& extents,
                    const Block& block, const Launch& start) {
  const Convolution& c = request.convolution;
  const int64_t channels = RoundUp(c.out_channels, 4);
  // Only whole vectors of the channels that there are, since only vectors of four are masked.
  const int64_t lanes = TransformLanes(request, c.out_channels), vectors = channels / lanes;
  const int64_t per_item = VectorsPerItem(request, vectors);
  Launch launch = NewLaunch(start, "output", lanes);
  launch.arguments = {OutputArgument(0)};
  if (c.residual_input >= 0) launch.arguments.push_back(InputArgument(c.residual_input));
  launch.arguments.push_back(ScratchArgument(kM));
  launch.arguments.push_back(WeightsArgument(kPackedBias));
  AppendInts({c.window.h.out, extents.tiles_h, extents.tiles_w, block.first, block.tiles,
              extents.pitch(), extents.m_plane(block.tiles), c.out_channels, vectors, per_item},
             &launch);
  c.activation.AppendArguments(&launch.arguments);
  SetWorkSizes(request.device(), {CeilDivide(vectors, per_item), block.tiles, 1}, &launch);
  return launch;
}

// In the unit of conv2d_tiled's estimate for CPUs. Fitted to what F(4x4, 3x3) takes on PoCL for the
// convolutions of ResNet-50 and Inception-v3: 8 % off at most. F(2x2, 3x3) takes what this says
// within the persistent kernel, not one by one.
double EstimateCpuMs(const WinogradExtents& extents, const DeviceInfo& device) {
  // Three kernels more to compile have to pay.
  constexpr double kKernelsMs = 0.04;
  const ProductTile& tile = extents.product;
  const double filter = static_cast<double>(extents.filter_elements());
  const double loads =
      static_cast<double>(tile.rows + tile.vectors) / static_cast<double>(tile.rows * tile.vectors);
  const double products = filter * static_cast<double>(extents.rows(extents.tiles));
  const double moved = static_cast<double>(extents.points * extents.tiles) *
                       static_cast<double>(extents.depth + extents.pitch());
  const double blocks = static_cast<double>(CeilDivide(extents.tiles, extents.block_tiles));
  // An element that is moved takes as long as so many products, one of the filter as well.
  constexpr double kMoved = 29, kFilter = 25;
  return kKernelsMs + ProductsMs(device, products * (0.8 + 0.3 * loads) + kMoved * moved +
                                             kFilter * filter * blocks);
}

bool FitsInt32(const WinogradExtents& extents) {
  const double most = std::numeric_limits<int32_t>::max();
  const double rows = static_cast<double>(extents.block_tiles);
  const double points = static_cast<double>(extents.points);
  const double pitch = static_cast<double>(std::max(extents.depth, extents.pitch()));
  return points * (rows * pitch + kPlanePadding) < most &&
         points * static_cast<double>(extents.depth) * static_cast<double>(extents.pitch()) < most;
}

KernelVariant LowerTiles(const ConvolutionRequest& request, const WinogradExtents& extents,
                         const ConvolutionLayouts& layouts) {
  const std::string size = std::to_string(extents.out_tile);
  KernelVariant variant = NewConvolutionVariant(request, "winograd_" + size + "x" + size,
                                                "conv2d_winograd", Storage::kBuffer);
  Launch start = std::move(variant.launches.back());
  start.kernel.macros["OUT_TILE"] = size;
  variant.launches.clear();
  variant.weights = {PackTransformedFilter(request, extents), PackChannelBias(request)};
  for (int64_t plane :
       {extents.v_plane(extents.block_tiles), extents.m_plane(extents.block_tiles)}) {
    variant.scratch.push_back({static_cast<size_t>(extents.points * plane), true});
  }
  for (int64_t first = 0; first < extents.tiles; first += extents.block_tiles) {
    const Block block{first, std::min(extents.block_tiles, extents.tiles - first)};
    variant.launches.push_back(InputLaunch(request, extents, block, start));
    variant.launches.push_back(ProductLaunch(request, extents, block, start));
    variant.launches.push_back(OutputLaunch(request, extents, block, start));
  }
  // On GPUs nothing is known of it yet.
  variant.needs_measurement = !request.cpu();
  variant.estimate_ms = EstimateCpuMs(extents, request.device());
  if (layouts.blocks()) {
    SetLayouts(request, layouts, &variant);
    variant.estimate_ms *= 1.03;  // Measured for Inception-v3.
  }
  return variant;
}

}  // namespace

void LowerWinograd(const ConvolutionRequest& request, std::vector<KernelVariant>* result) {
  const Convolution& c = request.convolution;
  for (const WindowAxis& axis : {c.window.h, c.window.w}) {
    if (axis.kernel != kTaps || axis.stride != 1 || axis.dilation != 1) return;
  }
  if (c.groups != 1 || c.has_channel_scale()) return;
  for (int64_t out_tile : {2, 4}) {
    const WinogradExtents extents(request, out_tile);
    if (!FitsInt32(extents)) continue;
    result->push_back(LowerTiles(request, extents, {}));
    const ConvolutionLayouts layouts = BlocksOf(request);
    // Output vectors of whole blocks alone: what is behind the last channel is not written.
    const bool whole = layouts.blocks() && c.out_channels % BlockChannels(layouts.y) == 0;
    if (whole) result->push_back(LowerTiles(request, extents, layouts));
  }
}

}  // namespace mace
