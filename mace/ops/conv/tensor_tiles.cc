#include "mace/ops/conv/tensor_tiles.h"

#include <algorithm>
#include <cmath>

#include "mace/base/divide.h"
#include "mace/kernel/gpu_cost.h"

namespace mace {
namespace {

// Cycles of a compute unit, unless said otherwise, fitted to measurements of all tiles and splits
// on all convolutions of four networks in both precisions (conv_tensor_benchmark on an NVIDIA
// H100).
struct TensorCosts {
  double products;    // Multiplications of 16 x 8 in a cycle.
  double bytes;       // Into local memory in a cycle.
  double copy;        // From a step's copies to their use.
  double barrier;     // A barrier of a step.
  double dependence;  // A multiplication that waits for the one before.
  double address;     // The address of a copy of 16 bytes by a warp.
  double window;      // How many times more of `address` where there are taps.
  double start;       // The start of a work-group, and its end.
  double finish;      // One output of a work-item.
  double meeting;     // Meeting the work-groups that share a tile.
  double partial;     // Reading the sums of one of these groups.
  double tap;         // Four floats by a warp, in a depthwise convolution.
  double tap_wait;    // Likewise, of a step: one waits for another.
  double half_tap;    // Four halves, which are converted one by one.
  double half_tap_wait;
};
constexpr TensorCosts kTensorCosts = {0.374, 62.5, 280, 64, 1.04, 4.1, 0.86, 4080,
                                      41,    2360, 337, 8,  80,   24,  160};

// Four floats or halves that a work-item fetches for each tap of a step.
double TapLoads(const ConvolutionRequest& request, const TensorTile& tile) {
  if (request.depthwise == nullptr) return 0;
  const double loads = std::ceil(tile.m * tile.blocks_k / static_cast<double>(tile.group_items()));
  const double blocks = request.lowering->precision == Precision::kFloat16 ? 2 : 1;
  // One more for the weights.
  return static_cast<double>(request.depthwise->convolution.taps()) * blocks * (loads + 1);
}

// Multiplications of a warp in a step.
double ProductsOfWarp(const TensorTile& tile) {
  return tile.warp_m / 16.0 * tile.warp_n / 8.0 * tile.blocks_k / 2.0 / tile.slices;
}

// The cycles for which a step of a work-group keeps its compute unit busy.
double BusyCycles(const ConvolutionRequest& request, const TensorTile& tile) {
  const bool half = request.lowering->precision == Precision::kFloat16;
  const double items = tile.group_items();
  const double products = tile.m / 16.0 * tile.n / 8.0 * tile.blocks_k / 2.0;
  double bytes = 16.0 * tile.blocks_k * (tile.m + tile.n);
  // Read and written again.
  if (request.convolution.has_channel_scale()) bytes += 2 * 16.0 * tile.blocks_k * tile.m;
  const double copies =
      std::ceil(tile.m * tile.blocks_k / items) + std::ceil(tile.n * tile.blocks_k / items);
  const double address =
      kTensorCosts.address * (request.convolution.pointwise() ? 1 : 1 + kTensorCosts.window);
  return std::max(products / kTensorCosts.products, bytes / kTensorCosts.bytes) +
         items / 32 *
             (copies * address +
              TapLoads(request, tile) * (half ? kTensorCosts.half_tap : kTensorCosts.tap));
}

// Work-groups that share a compute unit.
double ResidentGroups(const DeviceInfo& device, const TensorTile& tile) {
  const GpuUnit unit = GpuUnitOf(device);
  const double items = tile.group_items();
  const double registers =
      std::min(255.0, tile.warp_m * tile.warp_n / 32.0 + 62 + (tile.warp_m + tile.warp_n) / 2.0);
  const double fit = std::min({unit.resident_items / items, unit.registers / (registers * items),
                               unit.local_bytes / (tile.local_bytes() + 1024.0)});
  return std::max(1.0, std::floor(fit));
}

}  // namespace

std::string TensorTile::name() const {
  return std::to_string(m) + "x" + std::to_string(n) + "k" + std::to_string(blocks_k) + "_" +
         std::to_string(warp_m) + "x" + std::to_string(warp_n) + "_s" + std::to_string(slices) +
         "x" + std::to_string(stages) + SplitKName(split_k);
}

TensorExtents::TensorExtents(const Convolution& c, Precision precision, const TensorTile& tile)
    : chunk(16 / static_cast<int64_t>(ElementBytes(precision))),
      chunks(CeilDivide(c.in_per_group(), chunk)),
      steps(CeilDivide(c.taps() * chunks, tile.blocks_k)),
      pixel_tiles(c.pixel_tiles(tile.m)),
      tiles_per_group(CeilDivide(c.out_per_group(), tile.n)),
      tiles(tiles_per_group * c.groups),
      taps_inner(c.taps() > 1 && chunks % tile.blocks_k == 0) {}

const std::vector<TensorTile>& TensorTiles() {
  static const std::vector<TensorTile>* const tiles = new std::vector<TensorTile>{
      // Large outputs: many products a load.
      {128, 256, 64, 64, 4, 1, 2},
      {128, 128, 64, 64, 4, 1, 3},
      {128, 128, 64, 32, 4, 1, 3},
      {128, 64, 64, 32, 4, 1, 4},
      {128, 64, 64, 32, 8, 1, 2},
      {128, 32, 32, 32, 4, 1, 4},
      {64, 64, 32, 32, 8, 1, 3},
      // Small outputs: the sum is what can be cut.
      {64, 32, 64, 32, 8, 4, 4},
      {32, 64, 32, 32, 8, 2, 4},
      {32, 32, 32, 32, 8, 2, 4},
      {32, 32, 32, 32, 8, 4, 4},
      {32, 32, 32, 32, 16, 4, 3},
      {64, 16, 64, 16, 8, 4, 4},
      {16, 32, 16, 32, 16, 4, 4},
  };
  return *tiles;
}

TileGrid TensorGrid(const ConvolutionRequest& request, const TensorTile& tile) {
  return TensorExtents(request.convolution, request.lowering->precision, tile).grid(tile);
}

double EstimateTensorTileMs(const ConvolutionRequest& request, const TensorTile& tile) {
  const TensorCosts& costs = kTensorCosts;
  const TileGrid grid = TensorGrid(request, tile);
  const GroupShare share = ShareOfGroup(grid);
  const double resident = ResidentGroups(request.device(), tile);
  const double busy = BusyCycles(request, tile);
  const bool half = request.lowering->precision == Precision::kFloat16;
  // The time that the warps of one work-group alone wait in a step.
  const double waits = costs.copy / (tile.stages - 1) + costs.barrier +
                       costs.dependence * ProductsOfWarp(tile) +
                       (half ? costs.half_tap_wait : costs.tap_wait) * TapLoads(request, tile);
  double ends = share.tiles * (costs.start + costs.finish * tile.m * tile.n / tile.group_items());
  ends += costs.meeting * share.shared + costs.partial * share.parts;
  // Groups that share a unit take turns; the last ones have it to themselves.
  const auto cycles = [&](double together) {
    if (together == 0) return 0.0;
    return share.steps * std::hypot(together * busy, waits) + ends;
  };
  const double units = GpuUnitOf(request.device()).units;
  const double on_a_unit = std::ceil(static_cast<double>(grid.groups()) / units);
  const double full = std::floor(on_a_unit / resident);
  return (full * cycles(resident) + cycles(on_a_unit - full * resident)) /
         CyclesPerMs(request.device());
}

}  // namespace mace
