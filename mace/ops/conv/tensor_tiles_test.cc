// The variants planned for tensor cores, without a device.
#include "mace/ops/conv/tensor_tiles.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "mace/testing/fake_gpu.h"

namespace mace {
namespace {

// A convolution of `size` x `size` pixels, padding SAME, bound to a device.
struct Bound {
  DeviceInfo device = FakeH100();
  HostTensor filter;
  LoweringRequest lowering;
  ConvolutionRequest request;

  Bound(int64_t size, Shape filter_shape, Precision precision) {
    Convolution& c = request.convolution;
    c.in_channels = filter_shape.dim(1);
    c.out_channels = filter_shape.dim(0);
    c.window = *WindowAttributes().Slide(size, size, filter_shape.dim(2), filter_shape.dim(3));
    std::vector<float> values(static_cast<size_t>(filter_shape.elements()));
    for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i + 1);
    filter = HostTensor::FromVector<float>(DType::kFloat32, filter_shape, values);
    lowering.inputs.resize(2);
    lowering.inputs[0].info = {DType::kFloat32, {1, size, size, c.in_channels}};
    lowering.inputs[1].info = filter.info();
    lowering.inputs[1].constant = &filter;
    lowering.outputs = {{DType::kFloat32, {1, size, size, c.out_channels}}};
    lowering.device = &device;
    lowering.precision = precision;
    lowering.allow_tf32 = true;
    request.op = "conv2d";
    request.weights = WeightsFromConstants(filter, nullptr);
    request.lowering = &lowering;
  }

  std::vector<KernelVariant> Tensor() const {
    std::vector<KernelVariant> kernel_variants;
    LowerTensor(request, &kernel_variants);
    return kernel_variants;
  }
  TensorTile Best() const {
    std::vector<KernelVariant> kernel_variants = Tensor();
    for (const TensorTile& tile : TensorTiles()) {
      for (int split_k : SplitKChoices(device, TensorGrid(request, tile))) {
        TensorTile shared = tile;
        shared.split_k = split_k;
        const std::string name = "_" + shared.name();
        const std::string& variant = kernel_variants.at(0).name;
        if (variant.size() > name.size() &&
            variant.compare(variant.size() - name.size(), name.size(), name) == 0) {
          return shared;
        }
      }
    }
    ADD_FAILURE() << kernel_variants[0].name;
    return {};
  }
};

TEST(TensorTilesTest, TableHoldsWhatTheKernelAsksFor) {
  std::set<std::string> names;
  for (const TensorTile& tile : TensorTiles()) {
    SCOPED_TRACE(tile.name());
    EXPECT_TRUE(names.insert(tile.name()).second);
    EXPECT_EQ(0, tile.m % tile.warp_m + tile.n % tile.warp_n);
    EXPECT_EQ(0, tile.warp_m % 16 + tile.warp_n % 16);
    EXPECT_EQ(0, tile.blocks_k / 2 % tile.slices) << "products of a step";
    EXPECT_EQ(0, tile.warp_m * tile.warp_n / 128 % tile.slices) << "pieces of a warp";
    EXPECT_EQ(0, tile.group_items() % tile.blocks_k);
    EXPECT_GE(tile.stages, 2);
    EXPECT_LE(tile.local_bytes(), 48 * 1024) << "what NVIDIA gives a work-group";
    if (tile.slices > 1) {
      EXPECT_LE(4 * tile.slices * tile.m * tile.n, tile.local_bytes());
    }
  }
}

TEST(TensorTilesTest, OfferedWhereTheDeviceAndThePrecisionAllow) {
  Bound half(14, {64, 64, 3, 3}, Precision::kFloat16);
  EXPECT_FALSE(half.Tensor().empty());
  half.lowering.allow_tf32 = false;
  EXPECT_FALSE(half.Tensor().empty()) << "halves need no leave";
  half.device.compute_capability = 75;
  EXPECT_TRUE(half.Tensor().empty());
  half.device.compute_capability = 90;
  half.device.vendor = DeviceVendor::kPocl;
  EXPECT_TRUE(half.Tensor().empty());

  Bound single(14, {64, 64, 3, 3}, Precision::kFloat32);
  EXPECT_FALSE(single.Tensor().empty());
  single.lowering.allow_tf32 = false;
  EXPECT_TRUE(single.Tensor().empty());
}

TEST(TensorTilesTest, AmongTheVariantsOfAConvolution) {
  const auto tensor_variants = [](const Bound& bound) {
    int found = 0;
    for (const KernelVariant& variant : LowerConvolution(bound.request)) {
      if (variant.launches[0].kernel.base_name != "conv2d_tensor") continue;
      ++found;
      EXPECT_EQ("1", variant.launches[0].kernel.macros.at("NVIDIA_PTX"));
      EXPECT_GT(variant.estimate_ms, 0);
    }
    return found;
  };
  EXPECT_GT(tensor_variants(Bound(14, {64, 64, 3, 3}, Precision::kFloat16)), 0);
  Bound plain(14, {64, 64, 3, 3}, Precision::kFloat32);
  plain.lowering.allow_tf32 = false;
  EXPECT_EQ(0, tensor_variants(plain));
}

TEST(TensorTilesTest, SmallOutputsOfLongSumsAreShared) {
  const Bound bound(7, {512, 512, 3, 3}, Precision::kFloat32);
  const TensorTile tile = bound.Best();
  EXPECT_GE(tile.split_k, 3 * TensorGrid(bound.request, tile).tiles());
}

TEST(TensorTilesTest, LargeOutputsHaveLargeTiles) {
  const TensorTile tile = Bound(224, {256, 256, 3, 3}, Precision::kFloat32).Best();
  EXPECT_EQ(0, tile.split_k);
  EXPECT_GE(tile.m * tile.n, 128 * 128);
}

TEST(TensorTilesTest, SplitKHasScratchAndCounters) {
  const Bound bound(7, {40, 64, 3, 3}, Precision::kFloat16);
  TensorTile tile = {32, 32, 32, 32, 8, 4, 4};
  // 2 x 2 tiles; 9 taps of 8 chunks: 9 steps, in threes.
  tile.split_k = 12;
  const KernelVariant variant = LowerTensorTile(bound.request, tile);
  EXPECT_EQ((WorkSize{12 * 128, 1, 1}), variant.launches[0].global);
  EXPECT_EQ((WorkSize{128, 1, 1}), variant.launches[0].local);
  EXPECT_EQ("1", variant.launches[0].kernel.macros.at("TAPS_INNER"));
  EXPECT_EQ("1", variant.launches[0].kernel.macros.at("SPLIT_K"));
  ASSERT_EQ(2u, variant.scratch.size());
  EXPECT_EQ(size_t{12 * 32 * 32}, variant.scratch[0].elements);
  EXPECT_TRUE(variant.scratch[0].keep_float32);
  EXPECT_EQ(4u, variant.scratch[1].elements);
  EXPECT_TRUE(variant.scratch[1].keep_float32 && variant.scratch[1].zeros);
  // Ranges that reach across tiles leave two sums each.
  tile.split_k = 11;
  const KernelVariant across = LowerTensorTile(bound.request, tile);
  EXPECT_EQ("2", across.launches[0].kernel.macros.at("SPLIT_K"));
  EXPECT_EQ(size_t{2 * 11 * 32 * 32}, across.scratch[0].elements);
}

TEST(TensorTilesTest, RoundsToTenBits) {
  EXPECT_EQ(1.0f, RoundToTf32(1.0f));
  EXPECT_EQ(1.0f + 0x1p-10f, RoundToTf32(1.0f + 0x1p-10f));
  EXPECT_EQ(1.0f + 0x1p-10f, RoundToTf32(1.0f + 0x1p-11f)) << "ties away from zero";
  EXPECT_EQ(-1.0f - 0x1p-10f, RoundToTf32(-1.0f - 0x1p-11f));
  EXPECT_EQ(1.0f, RoundToTf32(1.0f + 0x1p-12f));
  EXPECT_EQ(INFINITY, RoundToTf32(INFINITY));
  EXPECT_TRUE(std::isnan(RoundToTf32(NAN)));
}

// Where the filter's element (o, i, tap) is to be, by the manual's layouts of mma.m16n8k8 and
// m16n8k16: in register r of a product a lane holds the rows (k) 4 * r + lane % 4, of halves
// 8 * r + 2 * (lane % 4) and the next, of column lane / 4.
void ExpectPacked(const Bound& bound, const TensorTile& tile) {
  const Convolution& c = bound.request.convolution;
  const int wide = bound.lowering.precision == Precision::kFloat16 ? 2 : 1;
  const PackedWeights weights = PackTensorFilter(bound.request, tile);
  std::vector<float> packed(weights.elements, -1.0f);
  ASSERT_TRUE(weights.pack(packed.data()).ok());
  const TensorExtents extents(c, bound.lowering.precision, tile);
  size_t at = 0;
  double sum = 0;
  for (int64_t t = 0; t < extents.tiles; ++t) {
    for (int64_t pair = 0; pair < extents.steps * tile.blocks_k / 2; ++pair) {
      for (int64_t n16 = 0; n16 < tile.n / 16; ++n16) {
        for (int lane = 0; lane < 32; ++lane) {
          for (int reg = 0; reg < 4; ++reg) {
            for (int e = 0; e < wide; ++e, ++at) {
              const int product = reg / 2, column = lane / 4;
              const int64_t o = t * tile.n + n16 * 16 + column / 2 * 4 + product * 2 + column % 2;
              const int64_t chunk = 2 * pair + reg % 2;
              int64_t tap = chunk / extents.chunks, of_tap = chunk % extents.chunks;
              if (extents.taps_inner) {
                const int64_t step = chunk / tile.blocks_k;
                tap = step % c.taps();
                of_tap = step / c.taps() * tile.blocks_k + chunk % tile.blocks_k;
              }
              const int64_t i = of_tap * extents.chunk + lane % 4 * wide + e;
              const bool inside = o < c.out_channels && i < c.in_per_group() && tap < c.taps();
              const float expected =
                  inside ? bound.filter.f32()[(o * c.in_per_group() + i) * c.taps() + tap] : 0.0f;
              ASSERT_EQ(expected, packed[at]) << o << ", " << i << ", " << tap;
              sum += expected;
            }
          }
        }
      }
    }
  }
  ASSERT_EQ(packed.size(), at);
  const double elements = static_cast<double>(bound.filter.shape().elements());
  EXPECT_EQ(elements * (elements + 1) / 2, sum) << "every element once";
}

TEST(TensorTilesTest, FilterLiesAsLanesReadIt) {
  // The largest value stays below 2^11, so that no rounding changes it.
  for (Precision precision : {Precision::kFloat32, Precision::kFloat16}) {
    ExpectPacked(Bound(5, {37, 10, 3, 1}, precision), {64, 32, 32, 32, 8, 2, 4});
    ExpectPacked(Bound(5, {50, 40, 1, 1}, precision), {64, 64, 32, 32, 4, 1, 4});
    ExpectPacked(Bound(5, {20, 32, 3, 1}, precision), {16, 32, 16, 32, 4, 1, 4});
  }
}

}  // namespace
}  // namespace mace
