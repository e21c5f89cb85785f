// The layouts in blocks of 8 and 16 channels (layout.h), which ops offer to CPUs with vectors that
// wide, on the device at hand: counts of channels that are and are not multiples of a block,
// batches, slices. The tester looks for zeros in the padding lanes.
#include <gtest/gtest.h>

#include "mace/testing/conv_tester.h"

namespace mace {
namespace {

using Ints = std::vector<int64_t>;

// In blocks of both sizes.
void RunBlocks(OpTester tester) {
  for (uint32_t width : {8, 16}) {
    SCOPED_TRACE("vectors of " + std::to_string(width));
    tester.WithFloatWidth(width).Only("blocks" + std::to_string(width)).Run();
  }
}

OpTester Depthwise(Shape x, Shape filter) {
  OpTester tester("DepthwiseConv2d");
  const int64_t channels = x.back(0);
  tester.Input(std::move(x)).Constant(std::move(filter)).Constant(Shape{channels});
  return tester;
}

TEST(BlocksTest, PointwiseConvolution) {
  RunBlocks(Conv({2, 5, 7, 40}, {17, 40, 1, 1}));
  RunBlocks(Conv({1, 9, 11, 17}, {48, 17, 1, 1}).Set("activation", std::string("SIGMOID")));
  RunBlocks(Conv({2, 6, 8, 32}, {40, 32, 1, 1}).Input({2, 6, 8, 40}).Set("residual", int64_t{1}));
}

// Few channels stay in channels4 while the result goes into blocks.
TEST(BlocksTest, ConvolutionFromFewChannels) {
  for (int64_t channels : {1, 3, 5, 12}) {
    RunBlocks(Conv({2, 9, 15, channels}, {17, channels, 3, 3}).Set("strides", Ints{2, 2}));
  }
}

TEST(BlocksTest, Convolution) {
  RunBlocks(Conv({2, 5, 15, 17}, {40, 17, 3, 3}).Set("activation", std::string("SIGMOID")));
  RunBlocks(Conv({1, 6, 29, 40}, {12, 40, 3, 5}).Set("dilations", Ints{2, 3}));
  RunBlocks(Conv({2, 7, 9, 16}, {16, 16, 1, 1}).Set("strides", Ints{2, 2}));
  RunBlocks(Conv({1, 6, 14, 32}, {32, 32, 3, 3}).Input({1, 6, 14, 32}).Set("residual", int64_t{1}));
}

TEST(BlocksTest, ConvolutionWithChannelScale) {
  RunBlocks(
      Conv({2, 5, 6, 40}, {33, 40, 1, 1}).Input({2, 1, 1, 40}).Set("channel_scale", int64_t{1}));
}

TEST(BlocksTest, DepthwiseConvolution) {
  RunBlocks(Depthwise({2, 7, 19, 40}, {1, 40, 3, 3}));
  RunBlocks(Depthwise({1, 9, 13, 17}, {1, 17, 5, 5}).Set("strides", Ints{2, 2}));
  RunBlocks(Depthwise({2, 8, 9, 12}, {1, 12, 3, 3})
                .Set("dilations", Ints{2, 2})
                .Set("activation", std::string("SIGMOID")));
}

TEST(BlocksTest, Pooling) {
  for (int64_t type : {1, 2}) {
    for (int64_t channels : {12, 17, 40}) {
      RunBlocks(OpTester("Pooling")
                    .Set("pooling_type", type)
                    .Set("kernels", Ints{3, 2})
                    .Set("strides", Ints{2, 1})
                    .Input({2, 7, 6, channels}));
    }
  }
}

TEST(BlocksTest, Reduction) {
  for (int64_t channels : {12, 17, 40, 48}) {
    for (int64_t type : {0, 2}) {
      RunBlocks(OpTester("Reduce")
                    .Set("reduce_type", type)
                    .Set("axis", Ints{1, 2})
                    .Set("keepdims", int64_t{1})
                    .Input({2, 5, 3, channels}));
    }
  }
}

// A padding lane would not become zero by itself.
TEST(BlocksTest, ElementByElement) {
  for (int64_t channels : {12, 17, 40}) {
    const Shape shape = {2, 3, 5, channels};
    RunBlocks(OpTester("Activation").Set("activation", std::string("SIGMOID")).Input(shape));
    RunBlocks(OpTester("Eltwise").Set("type", int64_t{0}).Input(shape).Input(shape));
    RunBlocks(OpTester("Eltwise")
                  .Set("type", int64_t{0})
                  .Input(shape)
                  .Constant(HostTensor::FromVector(DType::kFloat32, {1}, std::vector<float>{3})));
  }
}

OpTester Concat(const std::vector<int64_t>& channels) {
  OpTester tester("Concat");
  tester.Set("axis", int64_t{3});
  for (int64_t count : channels) tester.Input({2, 3, 5, count});
  return tester;
}

OpTester Split(const Ints& channels) {
  OpTester tester("Split");
  int64_t all = 0;
  for (int64_t count : channels) all += count;
  tester.Set("axis", int64_t{3}).Set("split_sizes", channels).Input({2, 3, 5, all});
  return tester.Outputs(static_cast<int>(channels.size()));
}

TEST(BlocksTest, SlicesOfWholeBlocks) {
  RunBlocks(Concat({16, 32, 5}));
  RunBlocks(Split({32, 16, 12}));
}

TEST(BlocksTest, SlicesBeginAtBlocks) {
  Concat({8, 12}).WithFloatWidth(8).Only("concat_slices_blocks8").Run();
  Split({24, 3}).WithFloatWidth(8).Only("split_slices_blocks8").Run();
  // The variant of the name below exists where slices do begin at blocks.
  Concat({16, 12}).WithFloatWidth(16).Only("concat_slices_blocks16").Run();
  Split({32, 3}).WithFloatWidth(16).Only("split_slices_blocks16").Run();
  Concat({8, 12}).WithFloatWidth(16).Only("blocks16").ExpectNone();
  Split({24, 3}).WithFloatWidth(16).Only("blocks16").ExpectNone();
}

// A CPU of narrow vectors has no blocks, half precision neither, a GPU neither.
TEST(BlocksTest, OfferedToWideVectorsAlone) {
  // Devices with vectors of 8 and of 16 floats are offered variants of these names.
  Conv({1, 5, 7, 40}, {17, 40, 1, 1}).WithFloatWidth(8).Only("blocks8").Run();
  Conv({1, 5, 7, 40}, {17, 40, 1, 1}).WithFloatWidth(16).Only("blocks").Run();
  Conv({1, 5, 7, 40}, {17, 40, 1, 1}).WithFloatWidth(4).Only("blocks").ExpectNone();
  Conv({1, 5, 7, 40}, {17, 40, 1, 1}).AsGpu(kSmallGpu).Only("blocks").ExpectNone();
  Conv({1, 5, 7, 40}, {17, 40, 1, 1}).WithFloatWidth(16).Only("blocks8").ExpectNone();
}

}  // namespace
}  // namespace mace
