// The reference of a convolution: im2col and a matrix product, by tiles of output pixels.
#include <algorithm>

#include "mace/ops/conv/convolution.h"
#include "mace/ops/matmul/gemm.h"

namespace mace {
namespace {

// Elements of the unfolded input held at once.
constexpr int64_t kUnfoldedElements = int64_t{1} << 20;

// The filter of one group as [kh, kw, i] x [o].
std::vector<float> TransposedFilter(const Convolution& c, const std::vector<float>& filter,
                                    int64_t group) {
  const int64_t depth = c.in_per_group(), taps = c.taps(), columns = c.out_per_group();
  std::vector<float> result(static_cast<size_t>(taps * depth * columns));
  for (int64_t o = 0; o < columns; ++o) {
    const float* from = filter.data() + (group * columns + o) * depth * taps;
    for (int64_t i = 0; i < depth; ++i) {
      for (int64_t tap = 0; tap < taps; ++tap) {
        result[static_cast<size_t>((tap * depth + i) * columns + o)] = from[i * taps + tap];
      }
    }
  }
  return result;
}

// Writes what output pixel `pixel` sees of one group, [kh, kw, i], zeros outside of x.
void Unfold(const Convolution& c, const float* x, int64_t pixel, int64_t group, float* row) {
  const WindowAxis& h = c.window.h;
  const WindowAxis& w = c.window.w;
  const int64_t depth = c.in_per_group();
  const int64_t ow = pixel % w.out, oh = pixel / w.out % h.out, n = pixel / w.out / h.out;
  for (int64_t kh = 0; kh < h.kernel; ++kh) {
    const int64_t ih = oh * h.stride - h.pad_before + kh * h.dilation;
    for (int64_t kw = 0; kw < w.kernel; ++kw, row += depth) {
      const int64_t iw = ow * w.stride - w.pad_before + kw * w.dilation;
      if (ih < 0 || ih >= h.in || iw < 0 || iw >= w.in) {
        std::fill(row, row + depth, 0.0f);
      } else {
        const float* from = x + ((n * h.in + ih) * w.in + iw) * c.in_channels + group * depth;
        std::copy(from, from + depth, row);
      }
    }
  }
}

// One output channel for each input channel: the sums are short, no matrix product pays.
void DepthwiseReference(const Convolution& c, const float* x, const std::vector<float>& filter,
                        std::vector<double>* sums, int64_t pixel) {
  const WindowAxis& h = c.window.h;
  const WindowAxis& w = c.window.w;
  const int64_t ow = pixel % w.out, oh = pixel / w.out % h.out, n = pixel / w.out / h.out;
  const int64_t multiplier = c.out_per_group(), taps = c.taps();
  std::fill(sums->begin(), sums->end(), 0.0);
  for (int64_t tap = 0; tap < taps; ++tap) {
    const int64_t ih = oh * h.stride - h.pad_before + tap / w.kernel * h.dilation;
    const int64_t iw = ow * w.stride - w.pad_before + tap % w.kernel * w.dilation;
    if (ih < 0 || ih >= h.in || iw < 0 || iw >= w.in) continue;
    const float* from = x + ((n * h.in + ih) * w.in + iw) * c.in_channels;
    for (int64_t o = 0; o < c.out_channels; ++o) {
      (*sums)[static_cast<size_t>(o)] +=
          static_cast<double>(from[o / multiplier]) * filter[static_cast<size_t>(o * taps + tap)];
    }
  }
}

// Everything after the sums of `count` output channels of one pixel, from channel `first` on.
struct Epilogue {
  const Convolution& convolution;
  const float* bias;      // Null: none.
  const float* residual;  // Null: none.
  float* y;

  void Store(const double* sums, int64_t pixel, int64_t first, int64_t count) const {
    const int64_t at = pixel * convolution.out_channels + first;
    for (int64_t o = 0; o < count; ++o) {
      double value = sums[o];
      if (bias != nullptr) value += bias[first + o];
      if (residual != nullptr) value += residual[at + o];
      y[at + o] = convolution.activation.Apply(static_cast<float>(value));
      if (convolution.int8) y[at + o] = convolution.int8->RoundY(y[at + o]);
    }
  }
};

}  // namespace

StatusOr<HostTensor> MultiplyByChannelScale(const HostTensor& x, const HostTensor& channel_scale) {
  MACE_ASSIGN_OR_RETURN(HostTensor product, HostTensor::Allocate(x.info()));
  const int64_t channels = x.shape().dim(3), image = x.shape().elements(1, 4);
  for (int64_t n = 0; n < x.shape().dim(0); ++n) {
    const float* factors = channel_scale.f32() + n * channels;
    for (int64_t i = n * image; i < (n + 1) * image; ++i) {
      product.f32()[i] = x.f32()[i] * factors[i % channels];
    }
  }
  return product;
}

void ConvolutionReference(const Convolution& c, const ConvolutionOperands& operands, float* y) {
  const float* const x = operands.x.f32();
  const std::vector<float>& filter = operands.filter;
  const HostTensor &bias = operands.bias, &residual = operands.residual;
  const bool has_bias = bias.dtype() != DType::kInvalid;
  const std::vector<float> bias_values = has_bias ? ToFloatVector(bias) : std::vector<float>();
  const Epilogue epilogue{c, has_bias ? bias_values.data() : nullptr,
                          residual.dtype() != DType::kInvalid ? residual.f32() : nullptr, y};
  const int64_t pixels = c.out_pixels();
  if (c.in_per_group() == 1 && c.groups > 1) {
    std::vector<double> sums(static_cast<size_t>(c.out_channels));
    for (int64_t pixel = 0; pixel < pixels; ++pixel) {
      DepthwiseReference(c, x, filter, &sums, pixel);
      epilogue.Store(sums.data(), pixel, 0, c.out_channels);
    }
    return;
  }
  const int64_t sum_length = c.taps() * c.in_per_group();
  const int64_t columns = c.out_per_group();
  const int64_t tile =
      std::min(pixels, std::clamp<int64_t>(kUnfoldedElements / sum_length, 8, 1024));
  std::vector<float> unfolded(static_cast<size_t>(tile * sum_length));
  std::vector<double> sums(static_cast<size_t>(tile * columns));
  for (int64_t group = 0; group < c.groups; ++group) {
    const std::vector<float> right = TransposedFilter(c, filter, group);
    for (int64_t begin = 0; begin < pixels; begin += tile) {
      const int64_t rows = std::min(tile, pixels - begin);
      for (int64_t row = 0; row < rows; ++row) {
        Unfold(c, x, begin + row, group, unfolded.data() + row * sum_length);
      }
      std::fill(sums.begin(), sums.end(), 0.0);
      AddProduct({unfolded.data(), rows, sum_length, sum_length},
                 {right.data(), sum_length, columns, columns}, sums.data());
      for (int64_t row = 0; row < rows; ++row) {
        epilogue.Store(sums.data() + row * columns, begin + row, group * columns, columns);
      }
    }
  }
}

}  // namespace mace
