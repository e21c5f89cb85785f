#include "mace/ops/conv/split_k.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "mace/base/divide.h"
#include "mace/kernel/gpu_cost.h"

namespace mace {
namespace {

// NVIDIA's fence between work-groups is PTX of compute capability 7.0; what other drivers make of
// OpenCL's is as good only where nobody else has promised it, so few units are left as they are.
bool CanSplitK(const DeviceInfo& device) {
  constexpr double kLeastUnits = 16;
  constexpr uint32_t kFenceCapability = 70;
  if (device.kind == DeviceKind::kCpu) return false;
  if (device.vendor == DeviceVendor::kNvidia) return device.compute_capability >= kFenceCapability;
  return GpuUnitOf(device).units >= kLeastUnits;
}

}  // namespace

int64_t TileGrid::groups() const {
  return split_k == 0 ? tiles() : std::min<int64_t>(split_k, tiles() * steps);
}

int TileGrid::kind() const {
  if (split_k == 0) return 0;
  return groups() % tiles() == 0 && groups() > tiles() ? 1 : 2;
}

GroupShare ShareOfGroup(const TileGrid& grid) {
  const double steps = static_cast<double>(grid.steps);
  if (grid.split_k == 0) return {steps, 1, 0, 0};
  const double share =
      std::ceil(static_cast<double>(grid.tiles()) * steps / static_cast<double>(grid.groups()));
  const double parts =
      std::ceil(static_cast<double>(grid.groups()) / static_cast<double>(grid.tiles()));
  if (grid.kind() == 1) return {share, 1, 1, parts};
  return {share, std::floor((share + steps - 2) / steps) + 1, 2, parts + 1};
}

bool FitsSplitK(const TileGrid& grid, int group_items, int64_t floats) {
  constexpr double kMax = std::numeric_limits<int32_t>::max();
  const double groups = static_cast<double>(grid.groups());
  if (grid.split_k == 0) {
    return static_cast<double>(group_items) * static_cast<double>(grid.pixel_tiles) < kMax;
  }
  const double steps = static_cast<double>(grid.tiles()) * static_cast<double>(grid.steps);
  return groups * steps < kMax && groups * group_items < kMax &&
         groups * grid.kind() * static_cast<double>(floats) < kMax;
}

std::vector<int> SplitKChoices(const DeviceInfo& device, const TileGrid& grid) {
  // Fewer steps are not worth a group's start; more groups than these only wait. Ranges across
  // tiles that do not run all at once, or that hold whole tiles, take up to 1.4 times as long as a
  // group a tile (an NVIDIA H100 with large outputs).
  constexpr int64_t kLeastSteps = 4, kMaxGroupsOfAUnit = 4, kMaxRangesOfAUnit = 2;
  std::vector<int> choices = {0};
  if (!CanSplitK(device)) return choices;
  const int64_t units = static_cast<int64_t>(GpuUnitOf(device).units), tiles = grid.tiles();
  for (int64_t parts : {2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 24, 32}) {
    if (parts * tiles > kMaxGroupsOfAUnit * units || grid.steps < kLeastSteps * parts) break;
    choices.push_back(static_cast<int>(parts * tiles));
  }
  for (int64_t of_a_unit = 1; of_a_unit <= kMaxRangesOfAUnit; ++of_a_unit) {
    const int64_t groups = of_a_unit * units;
    if (tiles >= groups || groups % tiles == 0) continue;
    if (tiles * grid.steps < kLeastSteps * groups) continue;
    choices.push_back(static_cast<int>(groups));
  }
  return choices;
}

std::string SplitKName(int split_k) {
  return split_k == 0 ? "" : "_splitk" + std::to_string(split_k);
}

void AppendSplitK(const ConvolutionRequest& request, const TileGrid& grid, int64_t floats,
                  KernelVariant* variant) {
  Launch& launch = variant->launches.back();
  launch.kernel.macros["SPLIT_K"] = std::to_string(grid.kind());
  if (grid.split_k == 0) return;
  const bool nvidia = request.device().vendor == DeviceVendor::kNvidia;
  launch.kernel.macros["NVIDIA_PTX"] = nvidia ? "1" : "0";
  const size_t left = static_cast<size_t>(grid.groups() * grid.kind() * floats);
  const size_t counters = static_cast<size_t>(grid.tiles());
  for (const ScratchBuffer& scratch : {ScratchBuffer{left, true}, {counters, true, true}}) {
    launch.arguments.push_back(ScratchArgument(static_cast<int>(variant->scratch.size())));
    variant->scratch.push_back(scratch);
  }
  for (int64_t value : {grid.pixel_tiles, grid.tiles() * grid.steps}) {
    launch.arguments.push_back(static_cast<int32_t>(value));
  }
}

void SetSplitKSize(const TileGrid& grid, int group_items, Launch* launch) {
  const size_t items = static_cast<size_t>(group_items);
  launch->local = {items, 1, 1};
  launch->global = {items * static_cast<size_t>(grid.pixel_tiles),
                    static_cast<size_t>(grid.channel_tiles), 1};
  if (grid.split_k != 0) launch->global = {items * static_cast<size_t>(grid.groups()), 1, 1};
}

}  // namespace mace
