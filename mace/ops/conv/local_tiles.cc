#include "mace/ops/conv/local_tiles.h"

#include <algorithm>
#include <cmath>

#include "mace/kernel/gpu_cost.h"

namespace mace {
namespace {

// Cycles that a work-group needs for the start of each tile, its sums' way out and its end, and for
// sums that it leaves to others and finds of them. The last three were fitted to 2800 measurements
// on 29 convolutions with small outputs on an NVIDIA H100 (conv_tiles_benchmark): the tile with the
// best estimate takes 4 % longer than the best one on average.
double StartAndEnd(const LocalTile& tile, const GroupShare& share) {
  constexpr double kLeave = 1000, kFinish = 2000, kPart = 450;
  const double of_a_tile = 1360 + (tile.slices > 1 ? 31 * tile.slices : 0);
  const double meeting =
      share.shared > 0 ? kLeave * share.shared + kFinish + kPart * share.parts : 0;
  return share.tiles * of_a_tile + meeting;
}

// The time of a work-item for four floats of x that a step multiplies. With a depthwise convolution
// they are a sum of taps; fitted to all tiles on nine pairs of MobileNetV2 on an NVIDIA H100
// (conv_separable_benchmark: 14 % off on average).
struct InputLoad {
  double each = 0;       // For each of the item's pixels, in products.
  double common = 0;     // For all of them, in products: weights.
  double latency = 0;    // Cycles of a step, beyond those of a load.
  double registers = 0;  // Registers of a work-item.

  InputLoad(const ConvolutionRequest& request, const LocalTile& tile, Storage storage) {
    const GpuUnit unit = GpuUnitOf(request.device());
    each = unit.load(storage);
    if (request.depthwise == nullptr) return;
    // Halves are converted one by one as they arrive.
    const bool half = request.lowering->precision == Precision::kFloat16;
    const double tap = half ? 96 : 48, weight = half ? 16 : 8, turn = half ? 240 : 120;
    constexpr double kLate = 100, kLateLoads = 36;
    const double pixels =
        std::ceil(tile.m * tile.blocks_k / static_cast<double>(tile.slice_items()));
    const double taps = static_cast<double>(request.depthwise->convolution.taps());
    each += (taps - 1) * tap * unit.load(storage) / unit.load(Storage::kBuffer);
    common = taps * weight;
    // SUM_LATE of the kernel: all loads are under way at once, and held in registers. Without it
    // they wait for one another.
    const double loads = taps * (pixels + 1);
    const bool late = loads <= kLateLoads && !half;
    latency = late ? kLate : turn * loads;
    registers = late ? 4 * loads : 0;
  }
};

// The time of a step of a work-item, counted in multiplications, its loads included.
double ProductsOfStep(const LocalTile& tile, double depth, const InputLoad& input,
                      double weight_load) {
  // Beyond the load itself: into local memory, and out of it again.
  constexpr double kStageX = 68, kStageWeights = 23, kLocalLoad = 4;
  const double items = tile.slice_items();
  const double x_loads = std::ceil(tile.m * tile.blocks_k / items);
  const double weight_loads = std::ceil(tile.blocks_k * depth * tile.n / 4 / items);
  const double products = tile.item_m * tile.item_n + kLocalLoad * (tile.item_m + tile.item_n) / 4;
  return tile.blocks_k * depth * products + x_loads * (input.each + kStageX) + input.common +
         weight_loads * (weight_load + kStageWeights);
}

// Work-groups that share a compute unit.
double ResidentGroups(const GpuUnit& unit, const LocalTile& tile, int depth, const InputLoad& input,
                      bool pointwise) {
  const double items = tile.group_items();
  // Beside sums and what is fetched: a step's operands, addresses, the window's place.
  const double others = pointwise ? 40 : 60;
  const double held = tile.item_m * tile.item_n + others + input.registers +
                      4.0 * tile.blocks_k * (tile.m + depth * tile.n / 4.0) / tile.slice_items();
  // The compiler makes room for one group at least.
  const double registers = std::min(held, unit.registers / items);
  const double fit = std::min({unit.resident_items / items, unit.registers / (registers * items),
                               unit.local_bytes / (tile.local_bytes(depth) + 1024)});
  return std::max(1.0, std::floor(fit));
}

}  // namespace

const std::vector<LocalTile>& LocalTiles() {
  static const std::vector<LocalTile>* const tiles = new std::vector<LocalTile>{
      // Large outputs: many products a load.
      {128, 128, 2, 8, 8, 1},
      {128, 128, 4, 8, 8, 1},
      {128, 64, 4, 8, 8, 1},
      {64, 64, 4, 8, 4, 1},
      {64, 64, 4, 8, 4, 2},
      {64, 32, 4, 8, 4, 1},
      {64, 32, 4, 8, 4, 2},
      {32, 64, 4, 4, 4, 1},
      // Small outputs: the sum is what can be cut.
      {52, 32, 4, 4, 4, 4},
      {32, 32, 4, 4, 4, 1},
      {32, 32, 4, 4, 4, 2},
      {32, 32, 4, 4, 4, 4},
      {32, 32, 2, 4, 4, 8},
      {32, 16, 4, 4, 4, 4},
      {16, 32, 4, 4, 4, 4},
      {16, 32, 2, 4, 4, 8},
      {16, 16, 4, 4, 4, 8},
      {16, 16, 2, 4, 4, 16},
      // Few channels.
      {64, 16, 4, 4, 4, 2},
  };
  return *tiles;
}

double EstimateLocalTileMs(const ConvolutionRequest& request, const LocalTile& tile,
                           Storage storage) {
  const Convolution& c = request.convolution;
  const DeviceInfo& device = request.device();
  const InputLoad input(request, tile, storage);
  const GpuUnit unit = GpuUnitOf(device);
  const int depth = static_cast<int>(std::min<int64_t>(4, c.in_per_group()));
  const TileGrid grid = LocalGrid(c, tile);
  const GroupShare share = ShareOfGroup(grid);
  const double resident = ResidentGroups(unit, tile, depth, input, c.pointwise());
  // The time of one work-group alone, from the load of a step's operands to their use.
  const double latency =
      565 + input.latency + 0.32 * tile.item_m * tile.item_n * tile.blocks_k * depth;
  double products = ProductsOfStep(tile, depth, input, unit.load(Storage::kBuffer));
  if (c.has_channel_scale()) {  // A load, and four products for each block of x.
    products +=
        unit.load(storage) + 4 * std::ceil(1.0 * tile.m * tile.blocks_k / tile.slice_items());
  }
  const double busy = tile.group_items() * products / unit.products_per_cycle;
  const double on_a_unit = std::ceil(static_cast<double>(grid.groups()) / unit.units);
  const double full = std::floor(on_a_unit / resident);
  // Where the unit's registers hold one group alone, nobody works while that one waits: on an
  // NVIDIA H100 a 3x3 convolution with a large output takes 14 % longer in tiles of 128x128 than of
  // 128x64.
  const bool alone = resident == 1 && full > 1;
  // Groups that share a unit take turns; the last ones have it to themselves.
  const auto cycles = [&](double together) {
    if (together == 0) return 0.0;
    const double step = alone ? busy + latency : std::hypot(together * busy, latency);
    return share.steps * step + StartAndEnd(tile, share);
  };
  return (full * cycles(resident) + cycles(on_a_unit - full * resident)) / CyclesPerMs(device);
}

}  // namespace mace
