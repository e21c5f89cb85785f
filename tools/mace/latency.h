// The spread of measured latencies, in milliseconds.
#ifndef TOOLS_MACE_LATENCY_H_
#define TOOLS_MACE_LATENCY_H_

#include <vector>

#include "tools/mace/json_output.h"

namespace mace {

struct Latency {
  double mean = 0, min = 0, p50 = 0, p90 = 0, p99 = 0;
  size_t n = 0;
};

// Percentiles by nearest rank: the smallest sample that is at least as large as that share of the
// samples. REQUIRES: `samples` is not empty.
Latency Summarize(std::vector<double> samples);

Json ToJson(const Latency& latency);

}  // namespace mace

#endif  // TOOLS_MACE_LATENCY_H_
