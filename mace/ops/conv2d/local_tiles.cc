#include "mace/ops/conv2d/local_tiles.h"

#include <algorithm>
#include <cmath>

namespace mace {
namespace {

// What the model of a GPU's time knows of one compute unit.
struct ComputeUnit {
  double products_per_cycle;  // Multiply-adds.
  double resident_items;
  double registers;  // Of 32 bits.
  double local_bytes;
  double step_cycles;  // From the load of a step's operands to their use, two barriers included.
};

ComputeUnit UnitOf(const DeviceInfo& device) {
  const double local = static_cast<double>(device.local_memory_bytes);
  switch (device.vendor) {
    case DeviceVendor::kNvidia:
      return {128, 2048, 65536, 4 * local, 700};
    case DeviceVendor::kAmd:
      return {64, 2560, 65536, local, 900};
    case DeviceVendor::kIntel:
      return {8, 64, 1024, local / 8, 600};
    default:
      return {64, 1024, 16384, local, 800};
  }
}

double ClockPerMs(const DeviceInfo& device) {
  return 1e3 * (device.clock_mhz > 0 ? device.clock_mhz : 1000);
}

// The share of the peak that a register tile's inner loop reaches: more products for each load.
double Efficiency(const LocalTile& tile) {
  const double loads = tile.item_m / 4 + tile.item_n / 4;
  const double products = tile.item_m * tile.item_n;
  return 0.85 * products / (products + 5 * loads + 4);
}

}  // namespace

const std::vector<LocalTile>& LocalTiles() {
  static const std::vector<LocalTile>* const tiles = new std::vector<LocalTile>{
      // Large outputs: many products a load.
      {128, 128, 2, 8, 8, 1},
      {128, 64, 2, 8, 8, 1},
      {128, 64, 4, 8, 8, 1},
      {128, 64, 4, 8, 4, 1},
      {64, 64, 4, 8, 4, 1},
      {64, 64, 4, 4, 4, 1},
      {64, 64, 2, 8, 8, 2},
      {64, 64, 4, 8, 4, 2},
      {128, 32, 4, 8, 4, 1},
      {64, 32, 4, 8, 4, 1},
      {64, 32, 4, 8, 4, 2},
      {64, 32, 4, 4, 4, 1},
      {64, 32, 4, 4, 4, 2},
      {32, 64, 4, 4, 4, 1},
      {32, 64, 4, 4, 4, 2},
      {32, 64, 2, 4, 4, 4},
      // Small outputs: the sum is what can be cut.
      {32, 32, 4, 4, 4, 1},
      {32, 32, 4, 4, 4, 2},
      {32, 32, 4, 4, 4, 4},
      {32, 32, 2, 4, 4, 8},
      {16, 32, 4, 4, 4, 4},
      {16, 32, 2, 4, 4, 8},
      {16, 32, 1, 4, 4, 16},
      {32, 16, 4, 4, 4, 4},
      {32, 16, 2, 4, 4, 8},
      {32, 16, 1, 4, 4, 16},
      {16, 16, 4, 4, 4, 8},
      {16, 16, 2, 4, 4, 16},
      {28, 16, 4, 4, 4, 8},
      {52, 16, 4, 4, 4, 4},
      {52, 32, 4, 4, 4, 4},
      // Few channels.
      {128, 16, 4, 4, 4, 1},
      {64, 16, 4, 4, 4, 2},
  };
  return *tiles;
}

double EstimateLocalTileMs(const Convolution& convolution, const DeviceInfo& device,
                           const LocalTile& tile) {
  const Convolution& c = convolution;
  const ComputeUnit unit = UnitOf(device);
  const double depth = static_cast<double>(std::min<int64_t>(4, c.in_per_group()));
  const double blocks = static_cast<double>(c.taps() * ((c.in_per_group() + 3) / 4));
  const double steps = std::ceil(blocks / (tile.blocks_k * tile.slices));
  const double groups = std::ceil(static_cast<double>(c.out_pixels()) / tile.m) *
                        std::ceil(static_cast<double>(c.out_per_group()) / tile.n) *
                        static_cast<double>(c.groups);
  const double items = tile.group_items();
  const double registers = tile.item_m * tile.item_n + 40;
  const double resident = std::max(
      1.0, std::floor(std::min({unit.resident_items / items, unit.registers / (registers * items),
                                unit.local_bytes / tile.local_bytes(static_cast<int>(depth))})));
  const double on_a_unit = std::ceil(groups / std::max(1u, device.compute_units));
  const double together = std::min(on_a_unit, resident);

  // Each group's steps in turn take at least the latency of a step and the products of a work-item;
  // a full unit takes at least what all its products need.
  const double step_products = items * tile.item_m * tile.item_n * tile.blocks_k * depth;
  const double step_throughput =
      together * step_products / (unit.products_per_cycle * Efficiency(tile));
  const double step_latency =
      unit.step_cycles + 1.3 * tile.item_m * tile.item_n * tile.blocks_k * depth;
  const double waves = on_a_unit / together;
  const double start_and_end = 1500 + (tile.slices > 1 ? 300 + 20 * tile.slices : 0);
  const double cycles = waves * (steps * std::max(step_throughput, step_latency) + start_and_end);
  return cycles / ClockPerMs(device);
}

}  // namespace mace
