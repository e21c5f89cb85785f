// Every tile of conv2d_tensor, whichever an estimate would choose: on NVIDIA's tensor cores, on
// other devices the same kernel in plain OpenCL C.
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "mace/ops/conv/tensor_tiles.h"
#include "mace/testing/conv_tester.h"
#include "mace/testing/split_k_choices.h"
#include "mace/testing/test_device.h"
#include "mace/testing/variant_runner.h"

namespace mace {
namespace {

struct Case {
  Shape x, filter;
  int64_t stride = 1;
  int64_t groups = 1;
  bool residual = false;
  bool scaled = false;
  Precision precision = Precision::kFloat32;
};

// A convolution with its operands and what the reference makes of them.
struct Bound {
  HostTensor x, filter, bias, residual, channel_scale;
  LoweringRequest request;
  ConvolutionRequest convolution;
  HostTensor expected;
};

// A scaled x is rounded after the product, and in halves both are before it, too.
HostTensor SeenOfX(const Case& given, const Bound& bound) {
  const HostTensor x = RandomTensor(given.x, 1);
  if (!given.scaled) return TensorCoreOperand(x, given.precision);
  const HostTensor channel_scale = RandomTensor(bound.channel_scale.shape(), 5);
  if (given.precision == Precision::kFloat32) {
    return TensorCoreOperand(*MultiplyByChannelScale(x, channel_scale), given.precision);
  }
  return TensorCoreOperand(
      *MultiplyByChannelScale(TensorCoreOperand(x, given.precision),
                              TensorCoreOperand(channel_scale, given.precision)),
      given.precision);
}

Status Bind(const Case& given, const DeviceInfo* device, Bound* bound) {
  bound->x = RandomTensor(given.x, 1);
  bound->filter = RandomTensor(given.filter, 2);
  bound->bias = RandomTensor({given.filter.dim(0)}, 3);
  Convolution& c = bound->convolution.convolution;
  c.batch = given.x.dim(0);
  c.in_channels = given.x.dim(3);
  c.out_channels = given.filter.dim(0);
  c.groups = given.groups;
  c.activation.kind = FusedActivation::Kind::kRelu;
  WindowAttributes window;
  window.stride_h = window.stride_w = given.stride;
  MACE_ASSIGN_OR_RETURN(c.window, window.Slide(given.x.dim(1), given.x.dim(2), given.filter.dim(2),
                                               given.filter.dim(3)));
  const Shape out{c.batch, c.window.h.out, c.window.w.out, c.out_channels};
  LoweringRequest& request = bound->request;
  request.inputs.resize(3);
  request.inputs[0].info = bound->x.info();
  request.inputs[1].info = bound->filter.info();
  request.inputs[1].constant = &bound->filter;
  request.inputs[2].info = bound->bias.info();
  request.inputs[2].constant = &bound->bias;
  if (given.residual) {
    bound->residual = RandomTensor(out, 4);
    request.inputs.resize(4);
    request.inputs[3].info = bound->residual.info();
    c.residual_input = 3;
  }
  if (given.scaled) {
    bound->channel_scale = RandomTensor({c.batch, 1, 1, c.in_channels}, 5);
    c.channel_scale_input = static_cast<int>(request.inputs.size());
    request.inputs.emplace_back();
    request.inputs.back().info = bound->channel_scale.info();
  }
  request.outputs = {{DType::kFloat32, out}};
  request.device = device;
  request.precision = given.precision;
  request.allow_tf32 = true;
  bound->convolution.op = "conv2d";
  bound->convolution.weights = WeightsFromConstants(bound->filter, &bound->bias);
  bound->convolution.lowering = &bound->request;
  bound->expected = *HostTensor::Allocate(request.outputs[0]);
  HostTensor residual = bound->residual;
  if (given.residual && given.precision == Precision::kFloat16) {
    residual = TensorCoreOperand(RandomTensor(out, 4), given.precision);
  }
  ConvolutionReference(
      c,
      {SeenOfX(given, *bound),
       ToFloatVector(TensorCoreOperand(RandomTensor(given.filter, 2), given.precision)),
       bound->bias, residual},
      bound->expected.f32());
  return Status::Ok();
}

// Sums differ by their order, and tensor cores cut off what they add up; halves are rounded at the
// end. Seen on an NVIDIA H100: 2e-6 and 5e-4.
double Tolerance(Precision precision) { return precision == Precision::kFloat16 ? 1e-3 : 1e-5; }

// A tile in dense tensors, and in slices of wider ones, which halves begin at odd chunks.
void RunTile(const Case& given, const Bound& bound, const TensorTile& tile) {
  for (bool slices : {false, true}) {
    const KernelVariant variant = [&] {
      KernelVariant made = LowerTensorTile(bound.convolution, tile);
      SetPrecision(bound.request, &made);
      return made;
    }();
    if (!IsWanted(variant)) return;
    SCOPED_TRACE(variant.name);
    VariantRun run;
    run.variant = &variant;
    run.request = &bound.request;
    run.inputs = {bound.x, bound.filter, bound.bias};
    if (given.residual) run.inputs.push_back(bound.residual);
    if (given.scaled) run.inputs.push_back(bound.channel_scale);
    run.slices = slices;
    run.again = tile.split_k > 0;
    StatusOr<std::vector<HostTensor>> found = RunVariant(run);
    ASSERT_TRUE(found.ok()) << found.status().message();
    ASSERT_EQ(bound.expected.shape(), (*found)[0].shape());
    EXPECT_LE(WorstError(bound.expected, (*found)[0]), Tolerance(given.precision));
  }
}

// Intel's compiler for CPUs (runtime 2026.22) ends itself, in its pass
// sycl-kernel-reduce-cross-barrier- values, over this kernel with ranges across tiles. No plan has
// the kernel where tensor cores are not; conv2d_local, which has such ranges there, compiles.
bool CrashesCompiler(const DeviceInfo& device, const TileGrid& grid) {
  return device.vendor == DeviceVendor::kIntel && device.kind == DeviceKind::kCpu && grid.across();
}

// On tensor cores all tiles; elsewhere one with little local memory, for a driver compiles each for
// a long time. In both precisions. With `share_tiles` as work-groups that share tiles, twice each:
// who comes last has put the counters back, and bits are the same whoever it was.
void RunTiles(Case given, const TensorTile& elsewhere, bool share_tiles = false) {
  StatusOr<const DeviceInfo*> device = TestDeviceInfo();
  ASSERT_TRUE(device.ok()) << device.status().message();
  const std::set<int> none = {0};
  for (Precision precision : {Precision::kFloat32, Precision::kFloat16}) {
    SCOPED_TRACE(precision == Precision::kFloat16 ? "half" : "tf32");
    given.precision = precision;
    Bound bound;
    const Status status = Bind(given, *device, &bound);
    ASSERT_TRUE(status.ok()) << status.message();
    int run_tiles = 0;
    const bool all = HasTensorCores(**device);
    for (TensorTile tile : all ? TensorTiles() : std::vector<TensorTile>{elsewhere}) {
      for (int split_k :
           share_tiles ? SplitKChoicesOfTests(TensorGrid(bound.convolution, tile)) : none) {
        tile.split_k = split_k;
        if (!FitsTensorTile(bound.convolution, tile)) continue;
        if (CrashesCompiler(**device, TensorGrid(bound.convolution, tile))) continue;
        ++run_tiles;
        RunTile(given, bound, tile);
      }
    }
    EXPECT_GT(run_tiles, 0);
  }
}

// One step: more stages than there is to copy.
TEST(TensorTilesTest, ShortSums) {
  RunTiles({{1, 8, 5, 3}, {5, 3, 1, 1}}, {32, 64, 32, 32, 8, 2, 2});
}

TEST(TensorTileShapesTest, Pointwise) {
  RunTiles({{1, 9, 17, 39}, {70, 39, 1, 1}}, {32, 32, 32, 16, 4, 1, 3});
}

TEST(TensorTileShapesTest, ThreeByThree) {
  RunTiles({{2, 7, 11, 12}, {37, 12, 3, 3}}, {32, 32, 32, 32, 8, 4, 2});
}

// A tap's chunks are whole steps.
TEST(TensorTileShapesTest, TapsInner) {
  RunTiles({{1, 6, 7, 64}, {24, 64, 3, 2}}, {32, 16, 16, 16, 8, 2, 2});
}

TEST(TensorTileShapesTest, StridesAndResidual) {
  RunTiles({{1, 13, 9, 20}, {24, 20, 3, 1}, 2, 1, true}, {16, 32, 16, 32, 16, 4, 2});
}

TEST(TensorTileShapesTest, Groups) {
  RunTiles({{1, 7, 6, 24}, {40, 12, 3, 3}, 1, 2}, {32, 32, 16, 32, 2, 1, 4});
}

// Tiles end with an image; chunks of halves are cut; in groups, a channel scale's channels begin
// anywhere.
TEST(TensorTileShapesTest, ChannelScale) {
  RunTiles({{2, 5, 7, 39}, {36, 39, 1, 1}, 1, 1, true, true}, {32, 32, 32, 16, 4, 1, 3});
  RunTiles({{1, 5, 7, 516}, {36, 516, 1, 1}, 1, 1, false, true}, {32, 64, 32, 32, 8, 2, 2});
  RunTiles({{1, 4, 6, 24}, {40, 12, 1, 1}, 1, 2, false, true}, {32, 32, 16, 32, 2, 1, 4});
}

TEST(TensorTileShapesTest, SplitK) {
  RunTiles({{1, 5, 7, 36}, {36, 36, 3, 3}}, {32, 32, 32, 32, 8, 2, 3}, true);
  RunTiles({{2, 3, 7, 24}, {40, 24, 3, 1}, 1, 1, true}, {32, 32, 32, 32, 4, 1, 3}, true);
}

TEST(TensorTileShapesTest, SplitKWithChannelScale) {
  RunTiles({{2, 5, 7, 68}, {36, 68, 1, 1}, 1, 1, false, true}, {32, 32, 32, 16, 4, 1, 3}, true);
}

}  // namespace
}  // namespace mace
