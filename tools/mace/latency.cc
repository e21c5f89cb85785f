#include "tools/mace/latency.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace mace {

Latency Summarize(std::vector<double> samples) {
  std::sort(samples.begin(), samples.end());
  auto percentile = [&](double share) {
    const double rank = std::ceil(share * static_cast<double>(samples.size()));
    return samples[static_cast<size_t>(std::max(rank, 1.0)) - 1];
  };
  Latency latency;
  latency.n = samples.size();
  latency.mean =
      std::accumulate(samples.begin(), samples.end(), 0.0) / static_cast<double>(samples.size());
  latency.min = samples.front();
  latency.p50 = percentile(0.5);
  latency.p90 = percentile(0.9);
  latency.p99 = percentile(0.99);
  return latency;
}

Json ToJson(const Latency& latency) {
  return {{"mean", latency.mean}, {"min", latency.min}, {"p50", latency.p50},
          {"p90", latency.p90},   {"p99", latency.p99}, {"n", latency.n}};
}

}  // namespace mace
