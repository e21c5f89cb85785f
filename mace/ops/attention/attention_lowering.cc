// attention_tensor: see attention.cl.
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "mace/base/divide.h"
#include "mace/kernel/gpu_cost.h"
#include "mace/ops/attention/attention.h"
#include "mace/ops/lowering_support.h"

namespace mace {
namespace {

constexpr int64_t kKeys = 32;  // KEYS of attention.cl.

bool IsMasked(const LoweringRequest& request) {
  return request.inputs.size() > kAttentionMask && request.inputs[kAttentionMask].present;
}

// Whether rows are dense and a lane's four neighbours lie where one access reads them.
bool HasQuads(const AttentionView& view) {
  const auto is_multiple = [](int64_t number) { return number % 4 == 0; };
  return view.strides[3] == 1 && is_multiple(view.offset) &&
         std::all_of(view.strides.begin(), view.strides.end() - 1, is_multiple);
}

int64_t LocalBytes(const Attention& attention, const AttentionTile& tile) {
  const int64_t rows = int64_t{tile.warps} * tile.rows();
  const int64_t plain_exchange = 6 * tile.items();
  return static_cast<int64_t>(sizeof(float)) *
         (rows * (attention.value_depth + 2) + plain_exchange);
}

// The offset, and the strides up to the rows; all of them of a mask.
void AppendView(const AttentionView& view, bool all, Launch* launch) {
  launch->arguments.push_back(static_cast<int32_t>(view.offset));
  const size_t count = view.strides.size() - (all ? 0 : 1);
  for (size_t i = 0; i < count; ++i) {
    launch->arguments.push_back(static_cast<int32_t>(view.strides[i]));
  }
}

void AppendMask(const LoweringRequest& request, const AttentionView& view, KernelVariant* variant) {
  const OpInput& mask = request.inputs[kAttentionMask];
  Launch& launch = variant->launches.back();
  if (mask.constant == nullptr) {
    launch.arguments.push_back(RawInputArgument(kAttentionMask));
  } else {
    PackedWeights weights;
    weights.name = "mask";
    weights.elements = static_cast<size_t>(mask.info.shape.elements());
    weights.keep_float32 = true;
    weights.pack = [constant = *mask.constant](float* to) -> Status {
      MACE_ASSIGN_OR_RETURN(const HostTensor floats, constant.ReadAsFloats());
      std::copy_n(floats.f32(), floats.shape().elements(), to);
      return Status();
    };
    weights.identity = PackingIdentity("row-major", {}, {*mask.constant});
    variant->weights.push_back(std::move(weights));
    launch.arguments.push_back(WeightsArgument(0));
  }
  AppendView(view, true, &launch);
}

// Milliseconds of the launch, without what every launch costs.
double EstimateTileMs(const Attention& p, const LoweringRequest& request,
                      const AttentionTile& tile) {
  // Cycles of an NVIDIA GPU. They are guesses, and not fitted to measurements yet.
  constexpr double kRoundLatency = 1500, kStartAndEnd = 3000, kLoad = 6, kProduct = 8;
  constexpr double kSoftmax = 150, kRegisters = 168;
  const GpuUnit unit = GpuUnitOf(*request.device);
  const double products = request.precision == Precision::kFloat16 ? 1 : 2;
  const double keys = static_cast<double>(kKeys);
  const double depth = static_cast<double>(p.depth), value = static_cast<double>(p.value_depth);
  const double loads = keys / 8 * depth / 16 + keys / 16 * value / 8;
  const double multiplications = tile.row_tiles * products * keys / 16 * (depth + value) / 8;
  const double of_warp = kLoad * loads + kProduct * multiplications + kSoftmax * tile.row_tiles;
  const double groups =
      static_cast<double>(p.batch * p.heads * CeilDivide(p.rows, int64_t{tile.rows()}));
  const double rounds = static_cast<double>(CeilDivide(p.columns, tile.warps * kKeys));
  const double resident =
      std::max(1.0, std::floor(unit.registers / (kRegisters * tile.row_tiles * tile.items())));
  const double of_unit = std::ceil(groups / unit.units);
  const double waves = std::ceil(of_unit / resident);
  const double busy = of_unit / waves * tile.warps * of_warp / 4;
  return waves * (rounds * std::hypot(busy, kRoundLatency) + kStartAndEnd) /
         CyclesPerMs(*request.device);
}

}  // namespace

std::vector<AttentionTile> AttentionTiles() { return {{2, 1}, {4, 1}, {8, 1}, {2, 2}, {4, 2}}; }

bool FitsAttentionTile(const Attention& attention, const LoweringRequest& request,
                       const AttentionTile& tile) {
  const Attention& p = attention;
  const DeviceInfo& device = *request.device;
  if (!CanLower(request) || p.depth % 16 != 0 || p.value_depth % 16 != 0 || p.depth > 256 ||
      p.value_depth > 256 || std::max(p.batch, p.heads) > std::numeric_limits<uint16_t>::max()) {
    return false;
  }
  for (size_t i = 0; i < kAttentionMask; ++i) {
    if (request.inputs[i].constant != nullptr) return false;
  }
  const size_t items = static_cast<size_t>(tile.items());
  return HasQuads(p.q) && HasQuads(p.k) && HasQuads(p.v) && HasQuads(p.y) &&
         items <= device.max_work_group_size && items <= device.max_work_item_sizes[0] &&
         LocalBytes(p, tile) <= static_cast<int64_t>(device.local_memory_bytes);
}

KernelVariant LowerAttentionTile(const Attention& attention, const LoweringRequest& request,
                                 const AttentionTile& tile) {
  const Attention& p = attention;
  const bool nvidia = request.device->vendor == DeviceVendor::kNvidia;
  KernelVariant variant = NewRowMajorVariant(
      "attention_tensor" + std::to_string(tile.warps) + "x" + std::to_string(tile.row_tiles),
      request);
  variant.launches.push_back(
      NewLaunch("attention.cl", "attention_tensor", request, Storage::kBuffer));
  Launch& launch = variant.launches.back();
  int mask = 0;
  if (IsMasked(request)) mask = request.inputs[kAttentionMask].constant != nullptr ? 1 : 2;
  launch.kernel.macros = {
      {"WARPS", std::to_string(tile.warps)}, {"ROW_TILES", std::to_string(tile.row_tiles)},
      {"DEPTH", std::to_string(p.depth)},    {"VALUE_DEPTH", std::to_string(p.value_depth)},
      {"MASK", std::to_string(mask)},        {"NVIDIA_PTX", nvidia ? "1" : "0"}};
  for (const auto& [input, view] :
       {std::make_pair(kAttentionQ, &p.q), std::make_pair(kAttentionK, &p.k),
        std::make_pair(kAttentionV, &p.v)}) {
    launch.arguments.push_back(RawInputArgument(static_cast<int>(input)));
    AppendView(*view, false, &launch);
  }
  if (mask != 0) AppendMask(request, p.mask, &variant);
  launch.arguments.push_back(RawOutputArgument(0));
  AppendView(p.y, false, &launch);
  launch.arguments.push_back(static_cast<int32_t>(p.rows));
  launch.arguments.push_back(static_cast<int32_t>(p.columns));
  launch.arguments.push_back(p.scale);
  const size_t items = static_cast<size_t>(tile.items());
  launch.local = {items, 1, 1};
  launch.global = {static_cast<size_t>(CeilDivide(p.rows, int64_t{tile.rows()})) * items,
                   static_cast<size_t>(p.heads), static_cast<size_t>(p.batch)};
  variant.estimate_ms = EstimateTileMs(p, request, tile);
  return variant;
}

void LowerAttention(const Attention& attention, const LoweringRequest& request,
                    std::vector<KernelVariant>* result) {
  if (!HasTensorCores(*request.device)) return;
  if (request.precision == Precision::kFloat32 && !request.allow_tf32) return;
  for (const AttentionTile& tile : AttentionTiles()) {
    if (!FitsAttentionTile(attention, request, tile)) continue;
    result->push_back(LowerAttentionTile(attention, request, tile));
  }
}

}  // namespace mace
