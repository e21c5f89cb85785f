#include "mace/plan/scratch_limit.h"

#include <algorithm>
#include <limits>

namespace mace {
namespace {

// By node: the bytes of values that are alive while it runs. A value lives from the first node that
// makes or reads it to the last one that reads it.
std::vector<double> LiveBytes(const Graph& graph, Precision precision) {
  constexpr size_t kNever = std::numeric_limits<size_t>::max();
  struct Life {
    size_t first = kNever, last = 0;
  };
  std::vector<Life> lives(graph.values.size());
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    for (const std::vector<ValueId>* ids : {&graph.nodes[n].inputs, &graph.nodes[n].outputs}) {
      for (ValueId id : *ids) {
        if (id == kNoValue || graph.IsConstant(id)) continue;
        Life& life = lives[static_cast<size_t>(id)];
        life.first = std::min(life.first, n);
        life.last = n;
      }
    }
  }
  // First the bytes that become alive at each node less those that ended before, then their running
  // sums.
  std::vector<double> live(graph.nodes.size() + 1, 0);
  for (size_t value = 0; value < lives.size(); ++value) {
    if (lives[value].first == kNever) continue;
    const double bytes = static_cast<double>(graph.values[value].info.shape.elements()) *
                         static_cast<double>(ElementBytes(precision));
    live[lives[value].first] += bytes;
    live[lives[value].last + 1] -= bytes;
  }
  for (size_t n = 1; n < live.size(); ++n) live[n] += live[n - 1];
  live.pop_back();
  return live;
}

}  // namespace

std::vector<double> ScratchLimits(const Graph& graph, Precision precision, double spare_bytes) {
  std::vector<double> limits = LiveBytes(graph, precision);
  double peak = 0;
  for (double live : limits) peak = std::max(peak, live);
  // A little less than the bound of 1.3, because regions are aligned.
  const double most = peak + std::max(0.28 * peak, spare_bytes);
  for (double& limit : limits) limit = most - limit;
  return limits;
}

double ScratchBytes(const KernelVariant& variant) {
  double bytes = 0;
  for (const ScratchBuffer& scratch : variant.scratch) {
    bytes += static_cast<double>(ScratchBytes(scratch, variant.precision));
  }
  return bytes;
}

void LimitScratch(double limit_bytes, std::vector<KernelVariant>* variants) {
  double least = std::numeric_limits<double>::infinity();
  for (const KernelVariant& variant : *variants) {
    if (!variant.needs_measurement) least = std::min(least, ScratchBytes(variant));
  }
  const double most = std::max(limit_bytes, least);
  const auto is_above = [&](const KernelVariant& variant) { return ScratchBytes(variant) > most; };
  variants->erase(std::remove_if(variants->begin(), variants->end(), is_above), variants->end());
}

}  // namespace mace
