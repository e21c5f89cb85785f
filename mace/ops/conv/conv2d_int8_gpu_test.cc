// int8 convolutions against the reference. All scales are powers of two and sums stay
// below 2^24: floats are exact then, in the reference as on the device, so that ties are ties in
// both and nothing is tolerated. With other scales a result beside a tie may be one step off.
//
// In half precision the float variants round each sum to 11 bits before it becomes one of at least
// 64 steps: one step is tolerated.
#include <gtest/gtest.h>

#include <random>

#include "mace/testing/op_tester.h"

namespace mace {
namespace {

using Ints = std::vector<int64_t>;

constexpr float kOneStepOf64 = 1.01f / 64;

struct Numbers {
  int x_zero = 128;
  int filter_low = -128, filter_high = 127;
  float y_scale = 4;
  int y_zero = 128;
};

// Whole numbers from low to high times scale, the ends among them.
HostTensor Steps(const Shape& shape, int low, int high, float scale) {
  HostTensor tensor = *HostTensor::Allocate({DType::kFloat32, shape});
  std::mt19937 random(static_cast<uint32_t>(shape.elements()));
  const uint32_t count = static_cast<uint32_t>(high - low + 1);
  for (int64_t i = 0; i < shape.elements(); ++i) {
    int step = low + static_cast<int>(random() % count);
    if (i % 7 == 0) step = i % 14 == 0 ? low : high;
    tensor.f32()[i] = static_cast<float>(step) * scale;
  }
  return tensor;
}

OpTester Int8Convolution(const std::string& type, const Shape& x, const Shape& filter,
                         const Numbers& numbers) {
  constexpr float kXScale = 0.125f, kFilterScale = 0.0625f;
  const int64_t out_channels = type == "Conv2D" ? filter.dim(0) : filter.dim(1);
  OpTester tester(type);
  tester.Input(Steps(x, -numbers.x_zero, 255 - numbers.x_zero, kXScale))
      .Constant(Steps(filter, numbers.filter_low, numbers.filter_high, kFilterScale))
      .Constant(Steps({out_channels}, -200, 200, 0.25f))
      .Set("x_scale", double{kXScale})
      .Set("x_zero_point", int64_t{numbers.x_zero})
      .Set("filter_scale", double{kFilterScale})
      .Set("y_scale", double{numbers.y_scale})
      .Set("y_zero_point", int64_t{numbers.y_zero})
      .Tolerance(0, kOneStepOf64);
  return tester;
}

OpTester Conv(const Shape& x, const Shape& filter, const Numbers& numbers = {}) {
  return Int8Convolution("Conv2D", x, filter, numbers);
}

OpTester Depthwise(const Shape& x, const Shape& filter, const Numbers& numbers = {}) {
  return Int8Convolution("DepthwiseConv2d", x, filter, numbers);
}

// By arithmetic that every device has, and by what this one has for it.
void RunBoth(OpTester tester) {
  tester.Run();
  tester.WithByteProducts(ByteProducts::kPlain).Run();
}

TEST(Conv2DInt8Test, Pointwise) {
  RunBoth(Conv({2, 7, 9, 5}, {35, 5, 1, 1}));
  RunBoth(Conv({1, 5, 5, 24}, {16, 24, 1, 1}).Set("activation", std::string("RELU")));
}

TEST(Conv2DInt8Test, PointwiseOfOnePixel) { RunBoth(Conv({1, 1, 1, 37}, {70, 37, 1, 1})); }

TEST(Conv2DInt8Test, PaddingIsZeroWhereverTheZeroPointLies) {
  for (const int zero : {0, 1, 128, 255}) {
    Numbers numbers;
    numbers.x_zero = zero;
    RunBoth(Conv({1, 6, 9, 5}, {6, 5, 3, 3}, numbers));
  }
}

TEST(Conv2DInt8Test, FiltersOfAnyZeroPoint) {
  for (const auto& [low, high] : {std::pair(-127, 127), std::pair(0, 255), std::pair(-255, 0),
                                  std::pair(-120, 135), std::pair(-200, 55)}) {
    Numbers numbers;
    numbers.x_zero = 77;
    numbers.filter_low = low;
    numbers.filter_high = high;
    RunBoth(Conv({1, 4, 9, 6}, {18, 6, 1, 1}, numbers));
    RunBoth(Conv({1, 4, 9, 6}, {18, 6, 3, 2}, numbers));
    RunBoth(Depthwise({1, 4, 9, 6}, {1, 6, 3, 3}, numbers));
  }
}

TEST(Conv2DInt8Test, ResultsAreCutOffAtBothEnds) {
  for (const int zero : {0, 128, 255}) {
    Numbers numbers;
    numbers.y_zero = zero;
    numbers.y_scale = 0.5f;
    RunBoth(Conv({1, 3, 9, 8}, {6, 8, 1, 1}, numbers));
    RunBoth(Depthwise({1, 3, 9, 8}, {1, 8, 3, 3}, numbers));
  }
}

TEST(Conv2DInt8Test, ActivationsAreClamps) {
  Numbers numbers;
  numbers.y_zero = 20;
  RunBoth(Conv({1, 3, 9, 8}, {6, 8, 1, 1}, numbers)
              .Set("activation", std::string("RELUX"))
              .Set("max_limit", 1000.0));
  RunBoth(Depthwise({1, 3, 9, 8}, {1, 8, 3, 3}, numbers)
              .Set("activation", std::string("RELUX"))
              .Set("max_limit", 1000.0));
}

TEST(Conv2DInt8Test, StridesDilationsAndPads) {
  RunBoth(Conv({2, 8, 17, 3}, {33, 3, 3, 3}).Set("strides", Ints{2, 2}));
  RunBoth(Conv({1, 6, 29, 5}, {33, 5, 3, 5}).Set("dilations", Ints{2, 3}));
  RunBoth(Conv({1, 4, 6, 3}, {4, 3, 3, 3}).Set("pads", Ints{0, 2, 1, 3}));
  RunBoth(Conv({2, 7, 9, 5}, {6, 5, 1, 1}).Set("strides", Ints{2, 3}));
}

TEST(Conv2DInt8Test, Depthwise) {
  RunBoth(Depthwise({2, 5, 19, 13}, {1, 13, 3, 3}));
  RunBoth(Depthwise({1, 7, 18, 32}, {1, 32, 3, 3}).Set("strides", Ints{2, 2}));
  RunBoth(Depthwise({1, 7, 9, 6}, {1, 6, 5, 5}).Set("padding", int64_t{0}));
  RunBoth(Depthwise({1, 9, 9, 8}, {1, 8, 3, 3}).Set("dilations", Ints{2, 2}));
  Numbers numbers;
  numbers.x_zero = 255;
  RunBoth(Depthwise({1, 4, 5, 16}, {1, 16, 3, 3}, numbers));
}

TEST(Conv2DInt8Test, GroupsAreComputedInFloats) {
  RunBoth(Conv({1, 4, 5, 8}, {8, 4, 3, 3}).Set("group", int64_t{2}));
}

TEST(Conv2DInt8Test, OfGpus) {
  Conv({2, 7, 9, 5}, {35, 5, 1, 1}).AsGpu(8).WithByteProducts(ByteProducts::kPlain).Run();
  Conv({1, 6, 9, 5}, {6, 5, 3, 3}).AsGpu(8).WithByteProducts(ByteProducts::kPlain).Run();
  Depthwise({2, 5, 19, 13}, {1, 13, 3, 3}).AsGpu(8).WithByteProducts(ByteProducts::kPlain).Run();
}

TEST(Conv2DInt8Test, RefusesWhatIsMissingOrOutOfRange) {
  Numbers numbers;
  numbers.x_zero = 256;
  Conv({1, 3, 3, 4}, {4, 4, 1, 1}, numbers)
      .ExpectRefused("x_zero_point: expected 0 to 255, found 256");
  numbers = {};
  numbers.y_scale = 0;
  Conv({1, 3, 3, 4}, {4, 4, 1, 1}, numbers)
      .ExpectRefused("y_scale: expected a number above 0, found 0");
  OpTester("DepthwiseConv2d")
      .Input({1, 3, 3, 4})
      .Constant({1, 4, 1, 1})
      .Set("x_scale", 0.5)
      .Set("x_zero_point", int64_t{3})
      .ExpectRefused("y_scale");
}

}  // namespace
}  // namespace mace
