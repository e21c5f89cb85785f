// conv2d_local: see conv2d_local.cl.
#include <algorithm>
#include <limits>
#include <utility>

#include "mace/base/divide.h"
#include "mace/ops/conv/input_tile.h"
#include "mace/ops/conv/local_tiles.h"
#include "mace/ops/conv/pack_transpose.h"
#include "mace/ops/conv/tile_output.h"

namespace mace {
namespace {

// The extents of a convolution in units of one tile.
struct LocalExtents {
  int64_t depth;            // Channels of a block.
  int64_t blocks;           // Blocks of taps and input channels in one sum.
  int64_t steps;            // Steps of each slice.
  int64_t pixel_tiles;      // Tiles of pixels of the whole output.
  int64_t tiles_per_group;  // Tiles of channels in a group.
  int64_t tiles;            // Tiles of channels in all groups.

  LocalExtents(const Convolution& c, const LocalTile& tile)
      : depth(std::min<int64_t>(4, c.in_per_group())),
        blocks(c.taps() * CeilDivide(c.in_per_group(), 4)),
        steps(CeilDivide(blocks, int64_t{tile.blocks_k} * tile.slices)),
        pixel_tiles(c.pixel_tiles(tile.m)),
        tiles_per_group(CeilDivide(c.out_per_group(), tile.n)),
        tiles(tiles_per_group * c.groups) {}

  // Rows of the packed filter in one tile.
  int64_t rows(const LocalTile& tile) const { return steps * tile.slices * tile.blocks_k * depth; }
};

// [group][tile][block of (tap, i)][depth][n]
PackedWeights PackLocalFilter(const ConvolutionRequest& request, const LocalTile& tile) {
  const Convolution& c = request.convolution;
  const LocalExtents extents(c, tile);
  const int64_t rows = extents.rows(tile), columns = tile.n;
  PackedWeights weights;
  weights.name = "filter";
  weights.elements = static_cast<size_t>(extents.tiles * rows * columns);
  weights.pack = [=, filter = request.weights.filter](float* to) -> Status {
    std::fill(to, to + extents.tiles * rows * columns, 0.0f);
    MACE_ASSIGN_OR_RETURN(const HostTensor held, filter());
    const float* from = held.f32();
    const int64_t taps = c.taps(), depth = c.in_per_group(), per_group = c.out_per_group();
    const int64_t in_blocks = CeilDivide(depth, 4);
    for (int64_t group = 0; group < c.groups; ++group) {
      for (int64_t o = 0; o < per_group; o += columns) {
        const int64_t channels = std::min(columns, per_group - o);
        TransposeBlocked(from, channels, depth * taps, depth * taps, [&](int64_t at) {
          const int64_t i = at / taps;
          return to + ((at % taps * in_blocks + i / 4) * extents.depth + i % 4) * columns;
        });
        from += channels * depth * taps;
        to += rows * columns;
      }
    }
    return Status();
  };
  weights.identity = FilterIdentity(request, "local", {columns, rows, extents.depth});
  return weights;
}

void SetTileMacros(const LocalTile& tile, int64_t depth, Launch* launch) {
  const std::pair<const char*, int64_t> macros[] = {
      {"TILE_M", tile.m},      {"TILE_N", tile.n},      {"BLOCKS_K", tile.blocks_k},
      {"ITEM_M", tile.item_m}, {"ITEM_N", tile.item_n}, {"SLICES", tile.slices},
      {"BLOCK_DEPTH", depth}};
  for (const auto& [name, value] : macros) launch->kernel.macros[name] = std::to_string(value);
}

}  // namespace

int LocalTile::local_bytes(int depth) const {
  const int stages = 2 * slices * blocks_k * depth * (m + 4 + n);
  const int sums = slices > 1 ? slices * m * n : 0;
  return 4 * std::max(stages, sums);
}

int64_t LocalTile::partial_floats() const {
  // Where slices meet, work-items take up float4s one after the other, the last ones maybe none.
  const int64_t items = slices > 1 ? group_items() : 1;
  return 4 * RoundUp(int64_t{m} * n / 4, items);
}

std::string LocalTile::name() const {
  return std::to_string(m) + "x" + std::to_string(n) + "k" + std::to_string(4 * blocks_k) + "_" +
         std::to_string(item_m) + "x" + std::to_string(item_n) + "_s" + std::to_string(slices) +
         SplitKName(split_k);
}

TileGrid LocalGrid(const Convolution& convolution, const LocalTile& tile) {
  const LocalExtents extents(convolution, tile);
  return {extents.pixel_tiles, extents.tiles, extents.steps, tile.split_k};
}

bool FitsLocalTile(const Convolution& convolution, const DeviceInfo& device,
                   const LocalTile& tile) {
  const LocalExtents extents(convolution, tile);
  const size_t items = static_cast<size_t>(tile.group_items());
  const double filter = static_cast<double>(extents.rows(tile)) * static_cast<double>(tile.n) *
                        static_cast<double>(extents.tiles);
  constexpr double kMax = std::numeric_limits<int32_t>::max();
  return items <= device.max_work_group_size && items <= device.max_work_item_sizes[0] &&
         static_cast<uint64_t>(tile.local_bytes(static_cast<int>(extents.depth))) <=
             device.local_memory_bytes &&
         filter < kMax &&
         FitsSplitK(LocalGrid(convolution, tile), tile.group_items(), tile.partial_floats());
}

KernelVariant LowerLocalTile(const ConvolutionRequest& request, const LocalTile& tile,
                             Storage storage) {
  const Convolution& c = request.convolution;
  const LocalExtents extents(c, tile);
  KernelVariant variant = NewConvolutionVariant(
      request, "local_" + InputName(request) + tile.name(), "conv2d_local", storage);
  SetTileMacros(tile, extents.depth, &variant.launches.back());
  AppendTileLaunch(
      request,
      {LocalGrid(c, tile), extents.tiles_per_group, tile.group_items(), tile.partial_floats()},
      PackLocalFilter(request, tile), &variant);
  variant.estimate_ms = EstimateLocalTileMs(request, tile, storage);
  return variant;
}

void LowerLocal(const ConvolutionRequest& request, Storage storage,
                std::vector<KernelVariant>* result) {
  constexpr size_t kOffered = 3;
  const Convolution& c = request.convolution;
  std::vector<EstimatedTile<LocalTile>> tiles;
  for (LocalTile tile : LocalTiles()) {
    for (int split_k : SplitKChoices(request.device(), LocalGrid(c, tile))) {
      tile.split_k = split_k;
      if (!FitsLocalTile(c, request.device(), tile)) continue;
      const bool across = LocalGrid(c, tile).across();
      tiles.push_back({EstimateLocalTileMs(request, tile, storage), tile, across});
    }
  }
  for (const LocalTile& tile : OfferedTiles(std::move(tiles), kOffered)) {
    result->push_back(LowerLocalTile(request, tile, storage));
  }
}

}  // namespace mace
