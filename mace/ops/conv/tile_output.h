// The arguments and sizes of a launch whose kernel takes the parameters of tile_output.clh.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_OPS_CONV_TILE_OUTPUT_H_
#define MACE_OPS_CONV_TILE_OUTPUT_H_

#include <cstdint>

#include "mace/ops/conv/convolution_lowering.h"
#include "mace/ops/conv/split_k.h"

namespace mace {

// The tiles of a convolution, and the work-groups that compute them.
struct TileLaunch {
  TileGrid grid;
  int64_t tiles_per_group;  // Tiles of channels in a group of the convolution.
  int group_items;          // Work-items of a work-group.
  int64_t partial_floats;   // Of a tile, which work-groups leave to others (AppendSplitK).
};

// Sets the macros of the input, all arguments and the sizes of the variant's last launch, and
// whether the variant is to be measured. `filter` as the kernel reads it.
void AppendTileLaunch(const ConvolutionRequest& request, const TileLaunch& tiles,
                      PackedWeights filter, KernelVariant* variant);

}  // namespace mace

#endif  // MACE_OPS_CONV_TILE_OUTPUT_H_
