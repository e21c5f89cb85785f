#include "tools/long_run/growth.h"

#include <algorithm>
#include <string>

namespace long_run {
namespace {

// The least-squares slope of the samples over their indices 0, 1, ...
double SlopeOf(const std::vector<double>& samples) {
  const double count = static_cast<double>(samples.size());
  double mean = 0;
  for (const double sample : samples) mean += sample / count;
  const double middle = (count - 1) / 2;
  double product = 0, square = 0;
  for (size_t i = 0; i < samples.size(); ++i) {
    const double distance = static_cast<double>(i) - middle;
    product += distance * (samples[i] - mean);
    square += distance * distance;
  }
  return product / square;
}

}  // namespace

mace::StatusOr<Growth> JudgeGrowth(const std::vector<double>& samples, const GrowthBound& bound) {
  if (samples.size() < kMinSamples) {
    return mace::InvalidArgument("growth: expected at least " + std::to_string(kMinSamples) +
                                 " samples, found " + std::to_string(samples.size()));
  }
  const auto tenth = static_cast<std::ptrdiff_t>(samples.size() / 10);
  const std::vector<double> judged(samples.begin() + tenth, samples.end());
  const double second = *std::max_element(judged.begin(), judged.begin() + tenth);
  const double last = *std::max_element(judged.end() - tenth, judged.end());
  Growth growth;
  growth.slope = SlopeOf(judged);
  growth.fitted = growth.slope * static_cast<double>(judged.size() - 1);
  growth.rise = last - second;
  growth.allowed = std::max(bound.absolute, bound.share * second);
  growth.grows = growth.fitted > growth.allowed && growth.rise > growth.allowed;
  return growth;
}

}  // namespace long_run
