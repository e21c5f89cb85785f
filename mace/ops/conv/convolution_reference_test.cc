// The reference against the definition, written as loops in double.
#include <gtest/gtest.h>

#include <cmath>

#include "mace/ops/conv/convolution.h"
#include "mace/testing/op_tester.h"

namespace mace {
namespace {

// One element of the output, without bias and residual.
double ByDefinition(const Convolution& c, const ConvolutionOperands& operands, int64_t element) {
  const HostTensor& x = operands.x;
  const int64_t o = element % c.out_channels, pixel = element / c.out_channels;
  const int64_t ow = pixel % c.window.w.out, row = pixel / c.window.w.out;
  const int64_t oh = row % c.window.h.out, n = row / c.window.h.out;
  const WindowAxis& h = c.window.h;
  const WindowAxis& w = c.window.w;
  const int64_t depth = c.in_channels / c.groups, group = o / (c.out_channels / c.groups);
  double sum = 0;
  for (int64_t kh = 0; kh < h.kernel; ++kh) {
    for (int64_t kw = 0; kw < w.kernel; ++kw) {
      const int64_t ih = oh * h.stride - h.pad_before + kh * h.dilation;
      const int64_t iw = ow * w.stride - w.pad_before + kw * w.dilation;
      if (ih < 0 || iw < 0 || ih >= h.in || iw >= w.in) continue;
      for (int64_t i = 0; i < depth; ++i) {
        const int64_t at = ((n * h.in + ih) * w.in + iw) * c.in_channels + group * depth + i;
        sum +=
            double{x.f32()[at]} *
            operands.filter[static_cast<size_t>(((o * depth + i) * h.kernel + kh) * w.kernel + kw)];
      }
    }
  }
  return sum;
}

struct Case {
  Shape x;
  int64_t out_channels;
  int64_t kernel_h, kernel_w;
  int64_t groups;
  WindowAttributes window;
};

// The largest error relative to the largest magnitude.
double WorstError(const Case& test) {
  Convolution c;
  c.batch = test.x.dim(0);
  c.in_channels = test.x.dim(3);
  c.out_channels = test.out_channels;
  c.groups = test.groups;
  StatusOr<Window> window =
      test.window.Slide(test.x.dim(1), test.x.dim(2), test.kernel_h, test.kernel_w);
  EXPECT_TRUE(window.ok());
  c.window = *window;
  const Shape shape{c.batch, c.window.h.out, c.window.w.out, c.out_channels};
  ConvolutionOperands operands;
  operands.x = RandomTensor(test.x, 1);
  operands.filter = ToFloatVector(
      RandomTensor({c.out_channels, c.in_channels / c.groups, test.kernel_h, test.kernel_w}, 2));
  operands.bias = RandomTensor({c.out_channels}, 3);
  operands.residual = RandomTensor(shape, 4);
  HostTensor y = *HostTensor::Allocate({DType::kFloat32, shape});
  ConvolutionReference(c, operands, y.f32());
  double worst = 0, largest = 0;
  for (int64_t at = 0; at < shape.elements(); ++at) {
    const double expected = ByDefinition(c, operands, at) +
                            double{operands.bias.f32()[at % c.out_channels]} +
                            double{operands.residual.f32()[at]};
    worst = std::max(worst, std::fabs(expected - y.f32()[at]));
    largest = std::max(largest, std::fabs(expected));
  }
  return worst / largest;
}

WindowAttributes Attributes(int64_t stride, int64_t dilation, PaddingMode mode) {
  WindowAttributes attributes;
  attributes.stride_h = stride;
  attributes.stride_w = stride + 1;
  attributes.dilation_h = dilation;
  attributes.mode = mode;
  return attributes;
}

constexpr double kTolerance = 1e-6;

TEST(ConvolutionReferenceTest, MatchesTheDefinition) {
  EXPECT_LE(WorstError({{2, 7, 9, 5}, 6, 3, 2, 1, Attributes(1, 1, PaddingMode::kSame)}),
            kTolerance);
  EXPECT_LE(WorstError({{1, 9, 8, 7}, 3, 3, 3, 1, Attributes(2, 2, PaddingMode::kFull)}),
            kTolerance);
  EXPECT_LE(WorstError({{1, 6, 7, 6}, 9, 2, 3, 3, Attributes(1, 2, PaddingMode::kSameLower)}),
            kTolerance);
  EXPECT_LE(WorstError({{1, 6, 7, 4}, 8, 3, 3, 4, Attributes(1, 1, PaddingMode::kValid)}),
            kTolerance);
}

TEST(ConvolutionReferenceTest, StaysExactOverLongSums) {
  EXPECT_LE(WorstError({{1, 4, 4, 1500}, 4, 3, 3, 1, Attributes(1, 1, PaddingMode::kSame)}),
            kTolerance);
}

TEST(ConvolutionReferenceTest, SpansSeveralTilesOfPixels) {
  EXPECT_LE(WorstError({{2, 40, 45, 3}, 5, 3, 3, 1, Attributes(1, 1, PaddingMode::kSame)}),
            kTolerance);
}

}  // namespace
}  // namespace mace
