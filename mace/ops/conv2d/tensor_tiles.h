// The tiles of conv2d_tensor.cl: which there are, what each would cost on a device, and the
// lowering with a given one, for the benchmark that compares them and the tests that run them all.
// Thread contract: thread-safe (pure functions).
#ifndef MACE_OPS_CONV2D_TENSOR_TILES_H_
#define MACE_OPS_CONV2D_TENSOR_TILES_H_

#include <string>
#include <vector>

#include "mace/ops/conv2d/convolution_lowering.h"

namespace mace {

// One configuration of the kernel; the fields are the macros that its text describes, but `splits`.
struct TensorTile {
  int m, n;            // Output pixels and channels of a work-group.
  int warp_m, warp_n;  // Those of a warp.
  int blocks_k;        // Chunks of 16 bytes of input channels a step.
  int slices;          // Parts of a step that warps of one group add up side by side.
  int stages;          // Steps in local memory at once.
  int splits = 1;      // Work-groups that share a tile and add up a part of the steps each.

  int slice_warps() const { return m / warp_m * (n / warp_n); }
  int group_items() const { return 32 * slice_warps() * slices; }
  // Of __local.
  int local_bytes() const { return 16 * stages * blocks_k * (m + n); }
  // "64x32k8_64x16_s2x4", and "p3" behind it where a tile is split in three: tile, chunks a step,
  // tile of a warp, slices, stages.
  std::string name() const;
};

// What a convolution comes to in one tile's units.
struct TensorExtents {
  int64_t chunk;            // Input channels of a chunk.
  int64_t chunks;           // Of one tap.
  int64_t steps;            // Of the whole sum.
  int64_t split_steps;      // Of one work-group.
  int64_t pixel_tiles;      // Of the whole output.
  int64_t tiles_per_group;  // Of channels.
  int64_t tiles;            // Of channels, in all groups.

  // The sum goes through the taps of a step's chunks first.
  bool taps_inner;

  TensorExtents(const Convolution& convolution, Precision precision, const TensorTile& tile);
  int64_t splits() const { return (steps + split_steps - 1) / split_steps; }
  int64_t work_groups() const { return pixel_tiles * tiles * splits(); }
};

// All tiles that a variant may choose from, not split.
const std::vector<TensorTile>& TensorTiles();

// Whether the device can run the tile's work-groups and what it packs can be indexed.
bool FitsTensorTile(const ConvolutionRequest& request, const TensorTile& tile);

// Numbers of splits that are worth thinking about, 1 among them.
std::vector<int> TensorSplits(const ConvolutionRequest& request, const TensorTile& tile);

// Estimated milliseconds of the launch, without what every launch costs.
double EstimateTensorTileMs(const ConvolutionRequest& request, const TensorTile& tile);

// The filter as conv2d_tensor.cl reads it; in float rounded to TF32.
PackedWeights PackTensorFilter(const ConvolutionRequest& request, const TensorTile& tile);

// In plain OpenCL C where the device is not NVIDIA's: for tests. REQUIRES: aligned groups,
// FitsTensorTile, and that a gated convolution is pointwise.
Lowering LowerTensorTile(const ConvolutionRequest& request, const TensorTile& tile);

// A float to the nearest TF32 (10 bits of mantissa), ties away from zero, as cvt.rna.tf32 does.
float RoundToTf32(float value);

}  // namespace mace

#endif  // MACE_OPS_CONV2D_TENSOR_TILES_H_
