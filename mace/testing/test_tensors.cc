#include "mace/testing/test_tensors.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "mace/kernel/layout.h"

namespace mace {

HostTensor RandomTensor(Shape shape, uint32_t seed, float low, float high) {
  HostTensor tensor = *HostTensor::Allocate({DType::kFloat32, std::move(shape)});
  std::mt19937 generator(seed);
  // Not std::uniform_real_distribution: its numbers differ between libraries.
  for (int64_t i = 0; i < tensor.shape().elements(); ++i) {
    const double unit = static_cast<double>(generator()) / 4294967296.0;
    tensor.f32()[i] = static_cast<float>(low + (double{high} - low) * unit);
  }
  return tensor;
}

double WorstError(const HostTensor& expected, const HostTensor& found) {
  double largest = 1e-30, worst = 0;
  for (int64_t i = 0; i < expected.shape().elements(); ++i) {
    largest = std::max(largest, std::fabs(double{expected.f32()[i]}));
    const double error = std::fabs(double{expected.f32()[i]} - found.f32()[i]);
    worst = std::isnan(error) ? HUGE_VAL : std::max(worst, error);
  }
  return worst / largest;
}

std::string DescribeErrors(const HostTensor& expected, const HostTensor& found, float tolerance) {
  if (expected.shape() != found.shape()) {
    return "expected shape " + expected.shape().ToString() + ", found " + found.shape().ToString();
  }
  const int64_t count = expected.shape().elements();
  double largest = 0;
  for (int64_t i = 0; i < count; ++i) {
    const double value = std::fabs(expected.f32()[i]);
    if (std::isfinite(value)) largest = std::max(largest, value);
  }
  const double scale = largest == 0 ? 1 : largest;
  double worst = -1;
  int64_t worst_at = 0, wrong = 0;
  for (int64_t i = 0; i < count; ++i) {
    const float a = expected.f32()[i], b = found.f32()[i];
    if (a == b || (std::isnan(a) && std::isnan(b))) continue;
    double error = std::fabs(double{a} - double{b}) / scale;
    if (!std::isfinite(error)) error = HUGE_VAL;
    if (error > tolerance) ++wrong;
    if (error > worst) {
      worst = error;
      worst_at = i;
    }
  }
  if (wrong == 0) return "";
  const Nhwc view = AsNhwc(expected.shape());
  const int64_t row = worst_at / (view.w * view.c);
  return std::to_string(wrong) + " of " + std::to_string(count) +
         " elements differ; the worst at " + std::to_string(worst_at) + " (row " +
         std::to_string(row) + ", w " + std::to_string(worst_at / view.c % view.w) + ", channel " +
         std::to_string(worst_at % view.c) + "): expected " +
         std::to_string(expected.f32()[worst_at]) + ", found " +
         std::to_string(found.f32()[worst_at]) + ", error " + std::to_string(worst) +
         " of the largest magnitude";
}

}  // namespace mace
