#include "mace/ops/conv/tile_output.h"

#include <utility>

#include "mace/ops/conv/input_tile.h"

namespace mace {

void AppendTileLaunch(const ConvolutionRequest& request, const TileLaunch& tiles,
                      PackedWeights filter, KernelVariant* variant) {
  const Convolution& c = request.convolution;
  Launch& launch = variant->launches.back();
  SetInputMacros(request, &launch);
  AppendTensors(request, &launch);
  AppendWeights(std::move(filter), variant);
  AppendWeights(PackChannelBias(request), variant);
  AppendInputWeights(request, variant);
  AppendSplitK(request, tiles.grid, tiles.partial_floats, variant);
  AppendInputWindow(request, &launch);
  for (int64_t value : {c.tiled_pixels(), c.out_channels, c.in_per_group(), c.out_per_group(),
                        tiles.tiles_per_group, tiles.grid.steps}) {
    launch.arguments.push_back(static_cast<int32_t>(value));
  }
  c.activation.AppendArguments(&launch.arguments);
  AppendInputActivation(request, &launch);
  SetSplitKSize(tiles.grid, tiles.group_items, &launch);
  variant->needs_measurement = tiles.grid.across();
}

}  // namespace mace
