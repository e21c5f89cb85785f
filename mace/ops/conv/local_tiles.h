// The tiles of conv2d_local.cl: which there are, what each would cost on a device, and the variant
// with a given one, for the benchmark that compares them and the test that runs them all.
// Thread contract: thread-safe (pure functions).
#ifndef MACE_OPS_CONV_LOCAL_TILES_H_
#define MACE_OPS_CONV_LOCAL_TILES_H_

#include <string>
#include <vector>

#include "mace/ops/conv/convolution_lowering.h"
#include "mace/ops/conv/split_k.h"

namespace mace {

// One configuration of the kernel; the fields but `split_k` are the macros that the kernel's text
// describes.
struct LocalTile {
  int m, n;            // Output pixels and channels of a work-group.
  int blocks_k;        // Blocks of input channels a step.
  int item_m, item_n;  // Output pixels and channels of a work-item.
  int slices;          // Parts of the sum that work-items of one group add up side by side.
  int split_k = 0;     // Work-groups that share the steps of all tiles; 0: one has each tile.

  int slice_items() const { return m / item_m * (n / item_n); }
  int group_items() const { return slice_items() * slices; }
  // Bytes of __local memory, with `depth` channels in a block.
  int local_bytes(int depth) const;
  // Floats of partial sums that one work-group hands to another one.
  int64_t partial_floats() const;
  // "64x32k16_8x4_s2": tile, channels a step, register tile, slices; "_splitk132" may be behind it.
  std::string name() const;
};

// All tiles that a variant may choose from, one work-group each.
const std::vector<LocalTile>& LocalTiles();

TileGrid LocalGrid(const Convolution& convolution, const LocalTile& tile);

// Whether the device can run the tile's work-groups and the filter, padded to it, can be indexed.
bool FitsLocalTile(const Convolution& convolution, const DeviceInfo& device, const LocalTile& tile);

// Estimated milliseconds of the launch on a GPU, without what every launch costs.
double EstimateLocalTileMs(const ConvolutionRequest& request, const LocalTile& tile,
                           Storage storage);

// REQUIRES: aligned groups, FitsLocalTile.
KernelVariant LowerLocalTile(const ConvolutionRequest& request, const LocalTile& tile,
                             Storage storage);

}  // namespace mace

#endif  // MACE_OPS_CONV_LOCAL_TILES_H_
