// The macros and arguments that split_k.clh needs from a variant, and the estimate of its
// cost. Its work-groups share the tiles of a matrix product. Thread contract: thread-safe (pure
// functions).
#ifndef MACE_OPS_CONV_SPLIT_K_H_
#define MACE_OPS_CONV_SPLIT_K_H_

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "mace/ops/conv/convolution_lowering.h"

namespace mace {

// The tiles of an output and the steps of each one's sum. `split_k` is below how many work-groups
// are asked to share all steps; 0: one has each tile.
struct TileGrid {
  int64_t pixel_tiles;
  int64_t channel_tiles;
  int64_t steps;
  int split_k;

  int64_t tiles() const { return pixel_tiles * channel_tiles; }
  // Work-groups of the launch, each of which has a step at least.
  int64_t groups() const;
  // SPLIT_K of the kernel.
  int kind() const;
  bool across() const { return kind() == 2; }
};

// The work of the work-group that has the most to do in a launch.
struct GroupShare {
  double steps;   // All its steps.
  double tiles;   // Tiles that it begins.
  double shared;  // Tiles of which it leaves sums to others.
  double parts;   // Groups that share one tile; where none is shared 0.
};
GroupShare ShareOfGroup(const TileGrid& grid);

// Whether the ints of the kernel can index steps, work-items and partial sums, with `floats`
// partial sums for each tile.
bool FitsSplitK(const TileGrid& grid, int group_items, int64_t floats);

// Values of `split_k` that are worth thinking about, 0 the first of them; the grid's own is
// ignored.
std::vector<int> SplitKChoices(const DeviceInfo& device, const TileGrid& grid);

// "" or "_splitk132": the part of a tile's name for `split_k`.
std::string SplitKName(int split_k);

// Macros, scratch memory and arguments, in the order of the kernel's parameters. `floats` of a
// tile.
void AppendSplitK(const ConvolutionRequest& request, const TileGrid& grid, int64_t floats,
                  KernelVariant* variant);

// A tile with its estimate.
template <typename Tile>
struct EstimatedTile {
  double ms;
  Tile tile;
  bool across;  // Ranges reach across tiles.
};

// The `most` best estimates, which a tuner measures, and of ranges across tiles the best one, which
// is chosen where it was measured alone: what holds groups up at the next tile is not estimated
// well. On an NVIDIA H100 none of 72 convolutions gained from it (benchmarks/README.md).
template <typename Tile>
std::vector<Tile> OfferedTiles(std::vector<EstimatedTile<Tile>> tiles, size_t most) {
  std::stable_sort(tiles.begin(), tiles.end(),
                   [](const auto& a, const auto& b) { return a.ms < b.ms; });
  std::vector<Tile> offered;
  const EstimatedTile<Tile>* best_across = nullptr;
  for (const EstimatedTile<Tile>& one : tiles) {
    if (one.across && best_across == nullptr) best_across = &one;
    if (!one.across && offered.size() < most) offered.push_back(one.tile);
  }
  if (best_across != nullptr) offered.push_back(best_across->tile);
  return offered;
}

// The global and local size of the launch.
void SetSplitKSize(const TileGrid& grid, int group_items, Launch* launch);

}  // namespace mace

#endif  // MACE_OPS_CONV_SPLIT_K_H_
