// Tiles of conv2d_local and conv2d_tensor that a depthwise convolution fills, whichever an estimate
// would choose: on NVIDIA's tensor cores all of the latter, on other devices a few in plain OpenCL
// C.
#include <gtest/gtest.h>

#include "mace/ops/conv/local_tiles.h"
#include "mace/ops/conv/tensor_tiles.h"
#include "mace/testing/conv_tester.h"
#include "mace/testing/every_third.h"
#include "mace/testing/split_k_choices.h"
#include "mace/testing/test_device.h"
#include "mace/testing/variant_runner.h"

namespace mace {
namespace {

struct Case {
  Shape x;
  int64_t kernel = 3, stride = 1, out_channels = 1;
  bool residual = false;
  Precision precision = Precision::kFloat32;
};

// The two convolutions with their operands, and what the reference makes of them.
struct Bound {
  std::vector<HostTensor> inputs;  // The op's inputs, in its order.
  LoweringRequest request;
  ConvolutionRequest depthwise, pointwise;
  HostTensor expected;
};

Status Bind(const Case& given, const DeviceInfo* device, Bound* bound) {
  const int64_t channels = given.x.dim(3);
  bound->inputs = {
      TensorCoreOperand(RandomTensor(given.x, 1), given.precision),
      TensorCoreOperand(RandomTensor({1, channels, given.kernel, given.kernel}, 2, -0.5, 0.5),
                        given.precision),
      RandomTensor({channels}, 3),
      TensorCoreOperand(RandomTensor({given.out_channels, channels, 1, 1}, 4), given.precision),
      RandomTensor({given.out_channels}, 5)};
  Convolution& depthwise = bound->depthwise.convolution;
  depthwise.batch = given.x.dim(0);
  depthwise.in_channels = depthwise.out_channels = depthwise.groups = channels;
  depthwise.activation.kind = FusedActivation::Kind::kReluX;
  depthwise.activation.a = 1;
  WindowAttributes window;
  window.stride_h = window.stride_w = given.stride;
  MACE_ASSIGN_OR_RETURN(depthwise.window,
                        window.Slide(given.x.dim(1), given.x.dim(2), given.kernel, given.kernel));
  Convolution& pointwise = bound->pointwise.convolution;
  pointwise.batch = depthwise.batch;
  pointwise.in_channels = channels;
  pointwise.out_channels = given.out_channels;
  const WindowAxis &h = depthwise.window.h, &w = depthwise.window.w;
  MACE_ASSIGN_OR_RETURN(pointwise.window, WindowAttributes().Slide(h.out, w.out, 1, 1));
  const Shape out{pointwise.batch, h.out, w.out, given.out_channels};
  if (given.residual) {
    pointwise.residual_input = 5;
    bound->inputs.push_back(TensorCoreOperand(RandomTensor(out, 6), given.precision));
  }
  LoweringRequest& request = bound->request;
  request.inputs.resize(bound->inputs.size());
  for (size_t i = 0; i < bound->inputs.size(); ++i) {
    request.inputs[i].info = bound->inputs[i].info();
    if (i >= 1 && i <= 4) request.inputs[i].constant = &bound->inputs[i];
  }
  request.outputs = {{DType::kFloat32, out}};
  request.device = device;
  request.precision = given.precision;
  request.allow_tf32 = true;
  bound->depthwise.weights = WeightsFromConstants(bound->inputs[1], &bound->inputs[2]);
  bound->depthwise.lowering = &request;
  bound->pointwise.op = "separable_conv2d";
  bound->pointwise.weights = WeightsFromConstants(bound->inputs[3], &bound->inputs[4]);
  bound->pointwise.lowering = &request;
  bound->pointwise.depthwise = &bound->depthwise;
  HostTensor between =
      *HostTensor::Allocate({DType::kFloat32, {depthwise.batch, h.out, w.out, channels}});
  ConvolutionReference(depthwise,
                       {bound->inputs[0], ToFloatVector(bound->inputs[1]), bound->inputs[2]},
                       between.f32());
  bound->expected = *HostTensor::Allocate(request.outputs[0]);
  ConvolutionReference(pointwise,
                       {between, ToFloatVector(bound->inputs[3]), bound->inputs[4],
                        given.residual ? bound->inputs[5] : HostTensor()},
                       bound->expected.f32());
  return Status::Ok();
}

void RunVariant(const Bound& bound, KernelVariant variant, double tolerance, bool again = false) {
  SetPrecision(bound.request, &variant);
  if (!IsWanted(variant)) return;
  SCOPED_TRACE(variant.name);
  for (bool slices : {false, true}) {
    VariantRun run;
    run.variant = &variant;
    run.request = &bound.request;
    run.inputs = bound.inputs;
    run.slices = slices;
    run.again = again;
    StatusOr<std::vector<HostTensor>> found = RunVariant(run);
    ASSERT_TRUE(found.ok()) << found.status().message();
    ASSERT_EQ(bound.expected.shape(), (*found)[0].shape());
    EXPECT_LE(WorstError(bound.expected, (*found)[0]), tolerance);
  }
}

TEST(SeparableTilesTest, Local) {
  StatusOr<const DeviceInfo*> device = TestDeviceInfo();
  ASSERT_TRUE(device.ok()) << device.status().message();
  Bound bound;
  ASSERT_TRUE(Bind({{2, 7, 9, 39}, 3, 1, 70, true}, *device, &bound).ok());
  int run_tiles = 0;
  for (const LocalTile& tile : EveryThirdOnProcessors(**device, LocalTiles(), 0)) {
    if (!FitsLocalTile(bound.pointwise.convolution, **device, tile)) continue;
    ++run_tiles;
    RunVariant(bound, LowerLocalTile(bound.pointwise, tile, Storage::kBuffer), 1e-5);
  }
  EXPECT_GT(run_tiles, 0);
}

// The intermediate result is rounded to TF32 or half: so far apart are two such roundings.
// With `share_tiles` work-groups share tiles.
void RunTensorTiles(const Case& given, const TensorTile& elsewhere, bool share_tiles = false) {
  StatusOr<const DeviceInfo*> device = TestDeviceInfo();
  ASSERT_TRUE(device.ok()) << device.status().message();
  const bool all = HasTensorCores(**device);
  const std::set<int> none = {0};
  Bound bound;
  ASSERT_TRUE(Bind(given, *device, &bound).ok());
  int run_tiles = 0;
  for (TensorTile tile : all ? TensorTiles() : std::vector<TensorTile>{elsewhere}) {
    for (int split_k :
         share_tiles ? SplitKChoicesOfTests(TensorGrid(bound.pointwise, tile)) : none) {
      tile.split_k = split_k;
      if (!FitsTensorTile(bound.pointwise, tile)) continue;
      ++run_tiles;
      RunVariant(bound, LowerTensorTile(bound.pointwise, tile), 1e-3, share_tiles);
    }
  }
  EXPECT_GT(run_tiles, 0);
}

// Apart, for NVIDIA's compiler takes seconds for each tile.
class SeparableTensorTilesTest : public ::testing::TestWithParam<Precision> {};

TEST_P(SeparableTensorTilesTest, Kernel3) {
  RunTensorTiles({{2, 7, 9, 39}, 3, 1, 70, true, GetParam()}, {32, 32, 32, 16, 4, 1, 3});
}

TEST_P(SeparableTensorTilesTest, Kernel5) {
  RunTensorTiles({{1, 9, 8, 20}, 5, 2, 13, false, GetParam()}, {32, 16, 16, 16, 8, 2, 2});
}

TEST_P(SeparableTensorTilesTest, SplitK) {
  RunTensorTiles({{1, 6, 5, 140}, 3, 1, 36, false, GetParam()}, {32, 32, 32, 32, 4, 2, 3}, true);
}

INSTANTIATE_TEST_SUITE_P(Precisions, SeparableTensorTilesTest,
                         ::testing::Values(Precision::kFloat32, Precision::kFloat16),
                         [](const auto& info) {
                           return std::string(info.param == Precision::kFloat16 ? "Half" : "Tf32");
                         });

TEST(SeparableTilesTest, LocalSplitK) {
  StatusOr<const DeviceInfo*> device = TestDeviceInfo();
  ASSERT_TRUE(device.ok()) << device.status().message();
  Bound bound;
  ASSERT_TRUE(Bind({{2, 4, 9, 39}, 3, 1, 34, true}, *device, &bound).ok());
  LocalTile tile = {32, 32, 4, 4, 4, 2};
  for (int split_k : SplitKChoicesOfTests(LocalGrid(bound.pointwise.convolution, tile))) {
    tile.split_k = split_k;
    ASSERT_TRUE(FitsLocalTile(bound.pointwise.convolution, **device, tile));
    RunVariant(bound, LowerLocalTile(bound.pointwise, tile, Storage::kBuffer), 1e-5, true);
  }
}

}  // namespace
}  // namespace mace
