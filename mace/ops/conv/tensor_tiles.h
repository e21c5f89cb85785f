// The tiles of conv2d_tensor.cl: which there are, what each would cost on a device, and the
// variant with a given one, for the benchmark that compares them and the tests that run them all.
// Thread contract: thread-safe (pure functions).
#ifndef MACE_OPS_CONV_TENSOR_TILES_H_
#define MACE_OPS_CONV_TENSOR_TILES_H_

#include <string>
#include <vector>

#include "mace/ops/conv/convolution_lowering.h"
#include "mace/ops/conv/split_k.h"

namespace mace {

// One configuration of the kernel; the fields are the macros that its text describes, but
// `split_k`.
struct TensorTile {
  int m, n;            // Output pixels and channels of a work-group.
  int warp_m, warp_n;  // Pixels and channels of a warp.
  int blocks_k;        // Chunks of 16 bytes of input channels a step.
  int slices;          // Parts of a step that warps of one group add up side by side.
  int stages;          // Steps in local memory at once.
  int split_k = 0;     // Work-groups that share the steps of all tiles; 0: one has each tile.

  int slice_warps() const { return m / warp_m * (n / warp_n); }
  int group_items() const { return 32 * slice_warps() * slices; }
  // Bytes of __local memory.
  int local_bytes() const { return 16 * stages * blocks_k * (m + n); }
  int64_t partial_floats() const { return int64_t{m} * n; }
  // "64x32k8_64x16_s2x4": tile, chunks a step, tile of a warp, slices, stages; "_splitk132" may be
  // behind it.
  std::string name() const;
};

// The extents of a convolution in units of one tile.
struct TensorExtents {
  int64_t chunk;            // Input channels of a chunk.
  int64_t chunks;           // Chunks of one tap.
  int64_t steps;            // Steps of the whole sum.
  int64_t pixel_tiles;      // Tiles of pixels of the whole output.
  int64_t tiles_per_group;  // Tiles of channels in a group.
  int64_t tiles;            // Tiles of channels in all groups.

  // The sum goes through the taps of a step's chunks first.
  bool taps_inner;

  TensorExtents(const Convolution& convolution, Precision precision, const TensorTile& tile);
  TileGrid grid(const TensorTile& tile) const { return {pixel_tiles, tiles, steps, tile.split_k}; }
};

// All tiles that a variant may choose from, one work-group each.
const std::vector<TensorTile>& TensorTiles();

// Whether the device can run the tile's work-groups and what it packs can be indexed.
bool FitsTensorTile(const ConvolutionRequest& request, const TensorTile& tile);

TileGrid TensorGrid(const ConvolutionRequest& request, const TensorTile& tile);

// Estimated milliseconds of the launch, without what every launch costs.
double EstimateTensorTileMs(const ConvolutionRequest& request, const TensorTile& tile);

// The filter as conv2d_tensor.cl reads it; in float rounded to TF32.
PackedWeights PackTensorFilter(const ConvolutionRequest& request, const TensorTile& tile);

// In plain OpenCL C where the device is not NVIDIA's: for tests. REQUIRES: aligned groups,
// FitsTensorTile, and that a scaled convolution is pointwise.
KernelVariant LowerTensorTile(const ConvolutionRequest& request, const TensorTile& tile);

// A float to the nearest TF32 (10 bits of mantissa), ties away from zero, as cvt.rna.tf32 does.
float RoundToTf32(float value);

}  // namespace mace

#endif  // MACE_OPS_CONV_TENSOR_TILES_H_
