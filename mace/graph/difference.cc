#include "mace/graph/difference.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "mace/graph/tensor.h"

namespace mace {
namespace {

// 0 for equals, NaN with NaN and an infinity with itself included.
double AbsoluteError(float expected, float actual) {
  if (std::isnan(expected) && std::isnan(actual)) return 0;
  if (expected == actual) return 0;
  if (!std::isfinite(expected) || !std::isfinite(actual))
    return std::numeric_limits<double>::infinity();
  return std::abs(static_cast<double>(expected) - actual);
}

double CosineOf(double dot, double expected_square, double actual_square) {
  if (expected_square == 0 && actual_square == 0) return 1;
  if (expected_square == 0 || actual_square == 0) return 0;
  return dot / std::sqrt(expected_square * actual_square);
}

// The elements of a tensor as float32, in place where they are that already.
class FloatElements {
 public:
  explicit FloatElements(const HostTensor& tensor) {
    const bool in_place = tensor.dtype() == DType::kFloat32 &&
                          reinterpret_cast<uintptr_t>(tensor.f32()) % alignof(float) == 0;
    if (!in_place) converted_ = ToFloatVector(tensor);
    data_ = in_place ? tensor.f32() : converted_.data();
  }
  const float* data() const { return data_; }

 private:
  std::vector<float> converted_;
  const float* data_;
};

}  // namespace

Difference Compare(const HostTensor& expected, const HostTensor& actual) {
  Difference result;
  if (expected.shape() != actual.shape()) {
    result.same_shape = false;
    result.max_abs_error = result.max_rel_error = std::numeric_limits<double>::infinity();
    result.cosine = 0;
    return result;
  }
  const FloatElements a(expected), b(actual);
  double low = std::numeric_limits<double>::infinity(), high = -low, magnitude = 0;
  double dot = 0, expected_square = 0, actual_square = 0, noise = 0;
  for (int64_t i = 0; i < expected.shape().elements(); ++i) {
    const float x = a.data()[i], y = b.data()[i];
    result.max_abs_error = std::max(result.max_abs_error, AbsoluteError(x, y));
    if (std::isfinite(x)) {
      low = std::min<double>(low, x);
      high = std::max<double>(high, x);
      magnitude = std::max<double>(magnitude, std::abs(x));
    }
    if (!std::isfinite(x) || !std::isfinite(y)) continue;
    dot += static_cast<double>(x) * y;
    expected_square += static_cast<double>(x) * x;
    actual_square += static_cast<double>(y) * y;
    noise += (static_cast<double>(x) - y) * (static_cast<double>(x) - y);
  }
  result.range = high >= low ? high - low : 0;
  result.max_rel_error = magnitude > 0 ? result.max_abs_error / magnitude : result.max_abs_error;
  result.cosine = CosineOf(dot, expected_square, actual_square);
  result.snr_db = noise > 0 ? 10 * std::log10(expected_square / noise)
                            : std::numeric_limits<double>::infinity();
  return result;
}

}  // namespace mace
