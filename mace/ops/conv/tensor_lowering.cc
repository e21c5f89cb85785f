// conv2d_tensor: see conv2d_tensor.cl.
#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "mace/ops/conv/input_tile.h"
#include "mace/ops/conv/tensor_tiles.h"
#include "mace/ops/conv/tile_output.h"

namespace mace {
namespace {

// Where the elements of one output channel go, counted from its tile's first: those of a pair of
// chunks are for lanes 4 * column to 4 * column + 3, which hold `wide` elements in each of the four
// registers. The two products of sixteen channels have them in turns of two, so that a lane has
// four neighbours in the end.
class ChannelPlace {
 public:
  ChannelPlace(int64_t channel, const TensorTile& tile, int64_t chunk)
      : wide_(chunk / 4), pair_(8 * chunk * (tile.n / 4)) {
    const int64_t of16 = channel % 16;
    const int64_t column = of16 / 4 * 2 + of16 % 2, product = of16 / 2 % 2;
    first_ = (channel / 16 * 128 + column * 16 + product * 2) * wide_;
  }
  // The place of element i of a chunk.
  int64_t at(int64_t chunk, int64_t i) const {
    return first_ + chunk / 2 * pair_ + (chunk % 2 + i / wide_ * 4) * wide_ + i % wide_;
  }

 private:
  int64_t wide_, pair_, first_ = 0;
};

void SetMacros(const ConvolutionRequest& request, const TensorTile& tile, Launch* launch) {
  const TensorExtents extents(request.convolution, request.lowering->precision, tile);
  const bool nvidia = request.device().vendor == DeviceVendor::kNvidia;
  const std::pair<const char*, int> macros[] = {{"TILE_M", tile.m},
                                                {"TILE_N", tile.n},
                                                {"WARP_M", tile.warp_m},
                                                {"WARP_N", tile.warp_n},
                                                {"BLOCKS_K", tile.blocks_k},
                                                {"SLICES", tile.slices},
                                                {"STAGES", tile.stages},
                                                {"TAPS_INNER", extents.taps_inner},
                                                {"NVIDIA_PTX", nvidia ? 1 : 0}};
  for (const auto& [name, value] : macros) launch->kernel.macros[name] = std::to_string(value);
}

}  // namespace

float RoundToTf32(float value) {
  uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof(bits));
  constexpr uint32_t kExponent = 0x7F800000;
  if ((bits & kExponent) != kExponent) bits = (bits + 0x1000) & ~uint32_t{0x1FFF};
  std::memcpy(&value, &bits, sizeof(bits));
  return value;
}

PackedWeights PackTensorFilter(const ConvolutionRequest& request, const TensorTile& tile) {
  const Convolution& c = request.convolution;
  const Precision precision = request.lowering->precision;
  const TensorExtents extents(c, precision, tile);
  const int64_t tile_elements = extents.steps * tile.blocks_k * extents.chunk * tile.n;
  PackedWeights weights;
  weights.name = "filter";
  weights.elements = static_cast<size_t>(extents.tiles * tile_elements);
  weights.pack = [=, filter = request.weights.filter](float* to) -> Status {
    std::fill(to, to + extents.tiles * tile_elements, 0.0f);
    MACE_ASSIGN_OR_RETURN(const HostTensor held, filter());
    const float* from = held.f32();
    // The chunk of the whole sum, from the chunk of one tap.
    const auto chunk_of = [&](int64_t of_tap, int64_t tap) {
      if (!extents.taps_inner) return tap * extents.chunks + of_tap;
      return (of_tap / tile.blocks_k * c.taps() + tap) * tile.blocks_k + of_tap % tile.blocks_k;
    };
    for (int64_t o = 0; o < c.out_channels; ++o) {
      const int64_t in_group = o % c.out_per_group();
      const int64_t at_tile = o / c.out_per_group() * extents.tiles_per_group + in_group / tile.n;
      const ChannelPlace place(in_group % tile.n, tile, extents.chunk);
      for (int64_t i = 0; i < c.in_per_group(); ++i) {
        for (int64_t tap = 0; tap < c.taps(); ++tap) {
          const int64_t chunk = chunk_of(i / extents.chunk, tap);
          const float value = *from++;
          to[at_tile * tile_elements + place.at(chunk, i % extents.chunk)] =
              precision == Precision::kFloat32 ? RoundToTf32(value) : value;
        }
      }
    }
    return Status();
  };
  weights.identity =
      FilterIdentity(request, "tensor",
                     {static_cast<int64_t>(precision), tile.n, tile.blocks_k, extents.steps,
                      extents.chunk, extents.chunks, extents.taps_inner ? 1 : 0});
  return weights;
}

bool FitsTensorTile(const ConvolutionRequest& request, const TensorTile& tile) {
  constexpr double kMax = std::numeric_limits<int32_t>::max();
  const DeviceInfo& device = request.device();
  const TensorExtents extents(request.convolution, request.lowering->precision, tile);
  const size_t items = static_cast<size_t>(tile.group_items());
  const double filter = static_cast<double>(extents.tiles * extents.steps) *
                        static_cast<double>(tile.blocks_k * extents.chunk * tile.n);
  return items <= device.max_work_group_size && items <= device.max_work_item_sizes[0] &&
         static_cast<uint64_t>(tile.local_bytes()) <= device.local_memory_bytes && filter < kMax &&
         FitsSplitK(extents.grid(tile), tile.group_items(), tile.partial_floats());
}

KernelVariant LowerTensorTile(const ConvolutionRequest& request, const TensorTile& tile) {
  const Convolution& c = request.convolution;
  const Precision precision = request.lowering->precision;
  const TensorExtents extents(c, precision, tile);
  KernelVariant variant = NewConvolutionVariant(
      request, "tensor_" + InputName(request) + tile.name(), "conv2d_tensor", Storage::kBuffer);
  SetMacros(request, tile, &variant.launches.back());
  AppendTileLaunch(
      request,
      {extents.grid(tile), extents.tiles_per_group, tile.group_items(), tile.partial_floats()},
      PackTensorFilter(request, tile), &variant);
  variant.estimate_ms = EstimateTensorTileMs(request, tile);
  return variant;
}

void LowerTensor(const ConvolutionRequest& request, std::vector<KernelVariant>* result) {
  constexpr size_t kOffered = 4;
  const LoweringRequest& lowering = *request.lowering;
  const Convolution& c = request.convolution;
  if (!HasTensorCores(request.device()) || (c.has_channel_scale() && !c.pointwise())) return;
  if (lowering.precision == Precision::kFloat32 && !lowering.allow_tf32) return;
  std::vector<EstimatedTile<TensorTile>> tiles;
  for (TensorTile tile : TensorTiles()) {
    for (int split_k : SplitKChoices(request.device(), TensorGrid(request, tile))) {
      tile.split_k = split_k;
      if (!FitsTensorTile(request, tile)) continue;
      const bool across = TensorGrid(request, tile).across();
      tiles.push_back({EstimateTensorTileMs(request, tile), tile, across});
    }
  }
  for (const TensorTile& tile : OfferedTiles(std::move(tiles), kOffered)) {
    result->push_back(LowerTensorTile(request, tile));
  }
}

}  // namespace mace
