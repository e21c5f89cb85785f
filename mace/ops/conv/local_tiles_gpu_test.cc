// Every tile of conv2d_local, whichever an estimate would choose; on a processor each in some tests.
#include <gtest/gtest.h>

#include <cmath>

#include "mace/ops/conv/local_tiles.h"
#include "mace/testing/every_third.h"
#include "mace/testing/fake_gpu.h"
#include "mace/testing/op_tester.h"
#include "mace/testing/split_k_choices.h"
#include "mace/testing/test_device.h"
#include "mace/testing/variant_runner.h"

namespace mace {
namespace {

// A convolution with its operands and what the reference makes of them.
struct Bound {
  HostTensor x, filter, channel_scale, residual;  // No channel_scale, no residual: kInvalid.
  LoweringRequest request;
  ConvolutionRequest convolution;
  HostTensor expected;
};

struct Case {
  Shape x, filter;  // [n, h, w, i] and [o, i, k, k]
  bool scaled = false;
  bool residual = false;  // And a ReLU.
};

// Stride 1, padding SAME, no bias.
Status Bind(const Case& given, const DeviceInfo* device, Bound* bound) {
  bound->x = RandomTensor(given.x, 1);
  bound->filter = RandomTensor(given.filter, 2);
  Convolution& c = bound->convolution.convolution;
  c.batch = bound->x.shape().dim(0);
  c.in_channels = bound->x.shape().dim(3);
  c.out_channels = bound->filter.shape().dim(0);
  MACE_ASSIGN_OR_RETURN(c.window, WindowAttributes().Slide(
                                      bound->x.shape().dim(1), bound->x.shape().dim(2),
                                      bound->filter.shape().dim(2), bound->filter.shape().dim(3)));
  bound->request.inputs.resize(2);
  bound->request.inputs[0].info = bound->x.info();
  bound->request.inputs[1].info = bound->filter.info();
  bound->request.inputs[1].constant = &bound->filter;
  if (given.scaled) {
    bound->channel_scale = RandomTensor({c.batch, 1, 1, c.in_channels}, 3);
    bound->request.inputs.resize(3);
    bound->request.inputs[2].info = bound->channel_scale.info();
    c.channel_scale_input = 2;
  }
  const Shape out{c.batch, c.window.h.out, c.window.w.out, c.out_channels};
  if (given.residual) {
    bound->residual = RandomTensor(out, 4);
    c.residual_input = static_cast<int>(bound->request.inputs.size());
    c.activation.kind = FusedActivation::Kind::kRelu;
    bound->request.inputs.emplace_back();
    bound->request.inputs.back().info = bound->residual.info();
  }
  bound->request.outputs = {{DType::kFloat32, out}};
  bound->request.device = device;
  bound->convolution.op = "conv2d";
  bound->convolution.weights = WeightsFromConstants(bound->filter, nullptr);
  bound->convolution.lowering = &bound->request;
  bound->expected = *HostTensor::Allocate(bound->request.outputs[0]);
  const HostTensor x =
      given.scaled ? *MultiplyByChannelScale(bound->x, bound->channel_scale) : bound->x;
  ConvolutionReference(c, {x, ToFloatVector(bound->filter), HostTensor(), bound->residual},
                       bound->expected.f32());
  return Status::Ok();
}

// Storage, and whether the tensors are slices of wider ones.
constexpr std::pair<Storage, bool> kRuns[] = {
    {Storage::kBuffer, false}, {Storage::kBuffer, true}, {Storage::kImage, true}};

void RunTile(const Case& given, const Bound& bound, const LocalTile& tile) {
  for (const auto& [storage, slices] : kRuns) {
    SCOPED_TRACE(storage == Storage::kImage ? "image" : "buffer");
    const KernelVariant variant = LowerLocalTile(bound.convolution, tile, storage);
    if (!IsWanted(variant)) continue;
    VariantRun run;
    run.variant = &variant;
    run.request = &bound.request;
    run.inputs = {bound.x, bound.filter};
    if (given.scaled) run.inputs.push_back(bound.channel_scale);
    if (given.residual) run.inputs.push_back(bound.residual);
    run.slices = slices;
    run.again = tile.split_k > 0;
    StatusOr<std::vector<HostTensor>> found = RunVariant(run);
    ASSERT_TRUE(found.ok()) << found.status().message();
    ASSERT_EQ(bound.expected.shape(), (*found)[0].shape());
    EXPECT_LE(WorstError(bound.expected, (*found)[0]), 1e-5);
  }
}

// The tiles' own limits, then their results in dense tensors and in slices of wider ones. On a
// processor every third tile, from number `first`.
void RunAllTiles(const Case& given, size_t first) {
  StatusOr<const DeviceInfo*> device = TestDeviceInfo();
  ASSERT_TRUE(device.ok()) << device.status().message();
  Bound bound;
  const Status status = Bind(given, *device, &bound);
  ASSERT_TRUE(status.ok()) << status.message();
  int run_tiles = 0;
  for (const LocalTile& tile : EveryThirdOnProcessors(**device, LocalTiles(), first)) {
    SCOPED_TRACE(tile.name());
    EXPECT_EQ(0, tile.item_m % 4 + tile.item_n % 4 + tile.m % tile.item_m + tile.n % tile.item_n);
    EXPECT_EQ(0, tile.slice_items() % tile.blocks_k);
    EXPECT_LE(tile.local_bytes(4), 48 * 1024) << "above what every discrete GPU has";
    if (!FitsLocalTile(bound.convolution.convolution, **device, tile)) continue;
    ++run_tiles;
    RunTile(given, bound, tile);
  }
  EXPECT_GT(run_tiles, 0);
}

// Work-groups that share tiles, twice each: who comes last has put the counters back, and bits are
// the same whoever it was. With `all` on a GPU all tiles; else one that adds its own sums and one
// whose slices leave work-items without a float4.
void RunSplitK(const Case& given, bool all = false) {
  StatusOr<const DeviceInfo*> device = TestDeviceInfo();
  ASSERT_TRUE(device.ok()) << device.status().message();
  Bound bound;
  const Status status = Bind(given, *device, &bound);
  ASSERT_TRUE(status.ok()) << status.message();
  const std::vector<LocalTile> few = {{32, 32, 4, 4, 4, 1}, {16, 16, 2, 4, 4, 16}};
  int run_tiles = 0;
  for (LocalTile tile : all && (*device)->kind == DeviceKind::kGpu ? LocalTiles() : few) {
    for (int split_k : SplitKChoicesOfTests(LocalGrid(bound.convolution.convolution, tile))) {
      tile.split_k = split_k;
      SCOPED_TRACE(tile.name());
      if (!FitsLocalTile(bound.convolution.convolution, **device, tile)) continue;
      ++run_tiles;
      RunTile(given, bound, tile);
    }
  }
  EXPECT_GT(run_tiles, 0);
}

TEST(LocalTilesTest, Pointwise) { RunAllTiles({{1, 9, 17, 39}, {70, 39, 1, 1}}, 0); }

TEST(LocalTilesTest, ThreeByThree) { RunAllTiles({{2, 7, 11, 10}, {37, 10, 3, 3}}, 1); }

// Blocks of three channels.
TEST(LocalTilesTest, ThreeInputChannels) { RunAllTiles({{1, 12, 13, 3}, {21, 3, 3, 3}}, 2); }

// Tiles end with an image.
TEST(LocalTilesTest, ChannelScale) { RunAllTiles({{2, 5, 17, 39}, {37, 39, 1, 1}, true}, 0); }

TEST(LocalTilesTest, SplitKOfThreeByThree) { RunSplitK({{2, 5, 9, 12}, {40, 12, 3, 3}}, true); }

TEST(LocalTilesTest, SplitKWithResidual) {
  RunSplitK({{1, 7, 7, 147}, {36, 147, 1, 1}, false, true});
}

TEST(LocalTilesTest, SplitKWithChannelScale) {
  RunSplitK({{2, 5, 9, 70}, {37, 70, 1, 1}, true, true});
}

TEST(LocalTilesTest, NamesDiffer) {
  std::vector<std::string> names;
  for (const LocalTile& tile : LocalTiles()) {
    EXPECT_EQ(0, std::count(names.begin(), names.end(), tile.name())) << tile.name();
    names.push_back(tile.name());
  }
}

// The tile with the best estimate on a wide GPU; not of a pointwise convolution.
LocalTile BestTile(Shape x, Shape filter, TileGrid* grid) {
  const DeviceInfo device = FakeH100();
  Bound bound;
  EXPECT_TRUE(Bind({std::move(x), std::move(filter)}, &device, &bound).ok());
  std::vector<KernelVariant> variants;
  LowerLocal(bound.convolution, Storage::kBuffer, &variants);
  EXPECT_FALSE(variants.empty());
  for (LocalTile tile : LocalTiles()) {
    const Convolution& convolution = bound.convolution.convolution;
    for (int split_k : SplitKChoices(device, LocalGrid(convolution, tile))) {
      tile.split_k = split_k;
      *grid = LocalGrid(convolution, tile);
      if (variants[0].name == "conv2d_local_" + tile.name()) return tile;
    }
  }
  ADD_FAILURE() << variants[0].name;
  return {};
}

TEST(LocalTilesTest, SmallOutputsOfLongSumsAreCutIntoSlicesAndParts) {
  TileGrid grid;
  const LocalTile tile = BestTile({1, 7, 7, 512}, {512, 512, 3, 3}, &grid);
  const int64_t parts = grid.groups() / grid.tiles();
  EXPECT_EQ(grid.kind(), 1) << "equal parts";
  EXPECT_GE(tile.slices * parts, 8);
  EXPECT_GT(parts, 1);
}

TEST(LocalTilesTest, ShortSumsStayWhole) {
  TileGrid grid;
  EXPECT_EQ(0, BestTile({1, 14, 14, 16}, {256, 16, 3, 3}, &grid).split_k);
}

TEST(LocalTilesTest, LargeOutputsHaveLargeTiles) {
  TileGrid grid;
  const LocalTile tile = BestTile({1, 147, 147, 64}, {128, 64, 3, 3}, &grid);
  EXPECT_EQ(1, tile.slices);
  EXPECT_EQ(0, tile.split_k);
  EXPECT_GE(tile.m * tile.n, 4096);
}

}  // namespace
}  // namespace mace
