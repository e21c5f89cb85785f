#include "mace/ops/conv/merged_groups.h"

#include <algorithm>
#include <utility>

namespace mace {
namespace {

constexpr int64_t kMaxMergedGroups = 16;

// The least number of groups that suit when they become one; 0: none does.
template <typename Suits>
int64_t MergedCount(const Convolution& c, const Suits& suits) {
  Convolution merged = c;
  for (int64_t count = 2; count <= std::min(c.groups, kMaxMergedGroups); ++count) {
    if (c.groups % count != 0) continue;
    merged.groups = c.groups / count;
    if (suits(merged)) return count;
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

std::optional<ConvolutionRequest> Merge(const ConvolutionRequest& request, int64_t count) {
  if (count == 0) return std::nullopt;
  const Convolution& c = request.convolution;
  ConvolutionRequest merged = request;
  merged.convolution.groups = c.groups / count;
  if (!FitsInt32(merged.convolution)) return std::nullopt;
  merged.weights.filter_order += ", in merged groups";
  merged.weights.filter = [c, count, filter = request.weights.filter]() -> StatusOr<HostTensor> {
    MACE_ASSIGN_OR_RETURN(const HostTensor from, filter());
    return Widen(from, c, count);
  };
  return merged;
}

}  // namespace

std::optional<ConvolutionRequest> MergeGroups(const ConvolutionRequest& request) {
  const Convolution& c = request.convolution;
  if (c.groups_aligned() || c.depthwise()) return std::nullopt;
  return Merge(request,
               MergedCount(c, [](const Convolution& merged) { return merged.groups_aligned(); }));
}

std::optional<ConvolutionRequest> MergeNarrowGroups(const ConvolutionRequest& request) {
  const Convolution& c = request.convolution;
  const int64_t lanes = request.device().preferred_float_width;
  if (!c.groups_aligned() || c.depthwise() || c.out_per_group() >= lanes) return std::nullopt;
  return Merge(request, MergedCount(c, [lanes](const Convolution& merged) {
                 return merged.out_per_group() % lanes == 0;
               }));
}

}  // namespace mace
