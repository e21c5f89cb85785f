// Judges whether a quantity grows over time.
//
// Thread contract: thread-safe.
#ifndef TOOLS_LONG_RUN_GROWTH_H_
#define TOOLS_LONG_RUN_GROWTH_H_

#include <vector>

#include "mace/base/status.h"

namespace long_run {

// The growth that is allowed over all judged samples: the larger of the two.
struct GrowthBound {
  double absolute = 0;  // In the unit of the samples.
  double share = 0;     // Of the largest sample of the second tenth.
};

struct Growth {
  double slope = 0;    // Least squares, in units a sample, without the warm-up.
  double fitted = 0;   // The slope over all judged samples.
  double rise = 0;     // The largest of the last tenth less the largest of the second tenth.
  double allowed = 0;  // The bound, in the unit of the samples.
  bool grows = false;  // Both `fitted` and `rise` are above `allowed`.
};

// The fewest samples that can be judged.
constexpr size_t kMinSamples = 20;

// `samples` are taken at equal distances. The first tenth is warm-up, which nobody judges. A step
// alone does not count as growth, nor does a single high sample: both measures have to agree.
// kInvalidArgument for fewer than kMinSamples samples.
mace::StatusOr<Growth> JudgeGrowth(const std::vector<double>& samples, const GrowthBound& bound);

}  // namespace long_run

#endif  // TOOLS_LONG_RUN_GROWTH_H_
