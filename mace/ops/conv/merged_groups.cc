#include "mace/ops/conv/merged_groups.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace mace {
namespace {

constexpr int64_t kMaxMergedGroups = 16;

// How many groups become one; 0: none do.
int64_t MergedCount(const Convolution& c) {
  if (c.groups_aligned() || c.depthwise()) return 0;
  Convolution merged = c;
  for (int64_t count = 2; count <= std::min(c.groups, kMaxMergedGroups); ++count) {
    if (c.groups % count != 0) continue;
    merged.groups = c.groups / count;
    if (merged.groups_aligned()) return count;
  }
  return 0;
}

// `from` [O, I / groups, taps] with zeros between: [O, count * I / groups, taps].
StatusOr<HostTensor> Widen(const HostTensor& from, const Convolution& c, int64_t count) {
  const int64_t run = c.in_per_group() * c.taps();
  MACE_ASSIGN_OR_RETURN(Shape shape,
                        Shape::Make({c.out_channels, count * c.in_per_group(), c.taps()}));
  MACE_ASSIGN_OR_RETURN(HostTensor widened,
                        HostTensor::Allocate({DType::kFloat32, std::move(shape)}));
  float* const to = widened.mutable_data<float>();
  for (int64_t o = 0; o < c.out_channels; ++o) {
    const int64_t place = o / c.out_per_group() % count;
    std::copy_n(from.f32() + o * run, run, to + (o * count + place) * run);
  }
  return widened;
}

}  // namespace

std::optional<ConvolutionRequest> MergeGroups(const ConvolutionRequest& request) {
  const Convolution& c = request.convolution;
  const int64_t count = MergedCount(c);
  const bool as_stored =
      std::string_view(request.weights.filter_order) == ConvolutionWeights().filter_order;
  if (count == 0 || !as_stored) return std::nullopt;
  ConvolutionRequest merged = request;
  merged.convolution.groups = c.groups / count;
  merged.weights.filter_order = "in merged groups";
  merged.weights.filter = [c, count, filter = request.weights.filter]() -> StatusOr<HostTensor> {
    MACE_ASSIGN_OR_RETURN(const HostTensor from, filter());
    return Widen(from, c, count);
  };
  return merged;
}

}  // namespace mace
