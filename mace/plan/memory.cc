#include "mace/plan/memory.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "mace/base/divide.h"
#include "mace/plan/arena.h"
#include "mace/plan/pool.h"

namespace mace {
namespace {

void ExtendByStep(const Plan& plan, const Step& step, int at, std::vector<Lifetime>* lifetimes) {
  auto touch = [&](int region) {
    if (region >= 0) (*lifetimes)[static_cast<size_t>(region)].Extend(at);
  };
  if (step.kind == Step::Kind::kUpload || step.kind == Step::Kind::kDownload) {
    touch(plan.tensors[static_cast<size_t>(step.index)].region);
    return;
  }
  if (step.kind != Step::Kind::kLaunch) return;
  for (const KernelArgument& argument :
       plan.launches[static_cast<size_t>(step.index)].launch.arguments) {
    const TensorArgument* tensor = std::get_if<TensorArgument>(&argument);
    if (tensor == nullptr || tensor->kind == TensorArgument::Kind::kWeights) continue;
    const bool scratch = tensor->kind == TensorArgument::Kind::kScratch;
    touch(scratch ? tensor->index : plan.tensors[static_cast<size_t>(tensor->index)].region);
  }
}

std::vector<Lifetime> FindLifetimes(const Plan& plan) {
  std::vector<Lifetime> lifetimes(plan.regions.size());
  const int end = static_cast<int>(plan.steps.size());
  for (const Step& step : plan.setup_steps) {
    // A tensor that is made once lives from before the first step until after the last one.
    ExtendByStep(plan, step, -1, &lifetimes);
    ExtendByStep(plan, step, end, &lifetimes);
  }
  for (int i = 0; i < end; ++i)
    ExtendByStep(plan, plan.steps[static_cast<size_t>(i)], i, &lifetimes);
  for (size_t i = 0; i < lifetimes.size(); ++i) {
    if (!plan.regions[i].persistent) continue;
    lifetimes[i].Extend(-1);
    lifetimes[i].Extend(end);
  }
  return lifetimes;
}

// The regions of the arena or those of the pool, in the order of first use.
std::vector<size_t> RegionsWhere(bool in_arena, const Plan& plan,
                                 const std::vector<Lifetime>& lifetimes) {
  std::vector<size_t> order;
  for (size_t i = 0; i < plan.regions.size(); ++i) {
    if (plan.regions[i].in_arena() == in_arena) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return lifetimes[a].first < lifetimes[b].first; });
  return order;
}

Placement BestPlacement(const Plan& plan, const std::vector<Lifetime>& lifetimes,
                        size_t alignment) {
  ArenaRequest request;
  for (const MemoryRegion& region : plan.regions) request.bytes.push_back(region.bytes);
  request.lifetimes = lifetimes;
  request.order = RegionsWhere(/*in_arena=*/true, plan, lifetimes);
  request.alignment = alignment;
  request.live_bytes = plan.live_bytes;
  return PlaceInArena(request);
}

void Apply(const Placement& placement, Plan* plan) {
  for (size_t i = 0; i < plan->regions.size(); ++i) {
    if (plan->regions[i].in_arena()) plan->regions[i].offset_bytes = placement.offsets[i];
  }
  plan->arena_bytes = placement.arena_bytes;
}

// The largest sum of activations, each in the format that it has at that moment; scratch is not
// counted.
size_t PeakLiveBytes(const Plan& plan, const std::vector<Lifetime>& lifetimes, size_t alignment) {
  std::vector<bool> holds_tensor(plan.regions.size(), false);
  for (const DeviceTensor& tensor : plan.tensors) {
    if (tensor.region >= 0) holds_tensor[static_cast<size_t>(tensor.region)] = true;
  }
  // By step: the bytes that become alive, less the bytes whose life ended at the step before.
  const int steps = static_cast<int>(plan.steps.size());
  std::vector<size_t> begins(plan.steps.size() + 1, 0), ends(plan.steps.size() + 1, 0);
  for (size_t i = 0; i < lifetimes.size(); ++i) {
    const int first = std::max(lifetimes[i].first, 0),
              last = std::min(lifetimes[i].last, steps - 1);
    if (!holds_tensor[i] || first > last) continue;
    const size_t bytes = AlignUp(plan.regions[i].bytes, alignment);
    begins[static_cast<size_t>(first)] += bytes;
    ends[static_cast<size_t>(last) + 1] += bytes;
  }
  size_t peak = 0, live = 0;
  for (size_t step = 0; step < plan.steps.size(); ++step) {
    live = live - ends[step] + begins[step];
    peak = std::max(peak, live);
  }
  return peak;
}

// Moves into the arena the images whose padded rows make them at most `max_padding` times as large;
// 0: no images.
void ChooseForArena(const MemoryRules& rules, double max_padding, Plan* plan) {
  for (MemoryRegion& region : plan->regions) {
    if (region.storage != Storage::kImage) continue;
    const size_t padded =
        AlignUp(region.image_width, std::max<size_t>(1, rules.image_pitch_texels));
    const bool chosen =
        static_cast<double>(padded) <= max_padding * static_cast<double>(region.image_width);
    region.image_pitch_bytes = chosen ? padded * TexelBytes(region) : 0;
    region.bytes =
        (chosen ? padded : region.image_width) * region.image_height * TexelBytes(region);
  }
}

// The placement of all regions, after the arena's images were chosen.
struct MemoryLayout {
  Placement arena;
  std::vector<PoolObject> pool;
  size_t bytes = 0;
};

MemoryLayout LayOut(const Plan& plan, const std::vector<Lifetime>& lifetimes,
                    const MemoryRules& rules) {
  const bool views =
      std::any_of(plan.regions.begin(), plan.regions.end(),
                  [](const MemoryRegion& region) { return region.image_pitch_bytes != 0; });
  size_t alignment = std::max<size_t>(rules.alignment_bytes, 64);
  constexpr size_t kLargestTexel = 16;
  if (views)
    alignment = AlignUp(alignment, std::max<size_t>(1, rules.image_base_texels) * kLargestTexel);
  MemoryLayout layout;
  layout.arena = BestPlacement(plan, lifetimes, alignment);
  layout.pool = MakePool(plan, lifetimes, RegionsWhere(/*in_arena=*/false, plan, lifetimes));
  layout.bytes = layout.arena.arena_bytes + PoolBytes(plan, layout.pool);
  if (views && layout.arena.arena_bytes > rules.max_arena_bytes) layout.bytes = SIZE_MAX;
  return layout;
}

// Takes the buffers out of the arena, unless apart they would need much more memory.
void SeparateBuffers(const std::vector<Lifetime>& lifetimes, const MemoryRules& rules, Plan* plan,
                     MemoryLayout* layout) {
  const std::vector<MemoryRegion> together = plan->regions;
  for (MemoryRegion& region : plan->regions) {
    region.separate = region.storage == Storage::kBuffer;
  }
  MemoryLayout apart = LayOut(*plan, lifetimes, rules);
  const bool is_too_large = layout->arena.arena_bytes > rules.max_arena_bytes;
  if (is_too_large ||
      apart.bytes <= layout->bytes + std::max(layout->bytes / 4, rules.spare_bytes)) {
    *layout = std::move(apart);
  } else {
    plan->regions = together;
  }
}

}  // namespace

MemoryRules MemoryRulesOf(const DeviceInfo& device, const PlanOptions& options) {
  MemoryRules rules;
  rules.alignment_bytes = device.memory_base_address_align_bytes;
  rules.image_pitch_texels = device.image_pitch_alignment;
  rules.image_base_texels = device.image_base_alignment;
  rules.max_arena_bytes = device.max_allocation_bytes;
  if (device.kind == DeviceKind::kGpu && !device.host_unified_memory && options.use_spare_memory) {
    rules.separate_buffers = true;
    rules.spare_bytes = size_t{32} << 20;
  }
  return rules;
}

void PlanMemory(Plan* plan, const MemoryRules& rules) {
  const std::vector<Lifetime> lifetimes = FindLifetimes(*plan);
  const size_t alignment = std::max<size_t>(rules.alignment_bytes, 64);
  plan->spare_bytes = rules.spare_bytes;
  plan->live_bytes = PeakLiveBytes(*plan, lifetimes, alignment);
  MemoryLayout best = LayOut(*plan, lifetimes, rules);
  double chosen = 0;
  if (!best.pool.empty() && rules.image_pitch_texels > 0) {
    constexpr double kAll = 1e9;
    for (double max_padding : {1.0, 1.25, 1.6, kAll}) {
      ChooseForArena(rules, max_padding, plan);
      MemoryLayout layout = LayOut(*plan, lifetimes, rules);
      if (layout.bytes >= best.bytes) continue;
      best = std::move(layout);
      chosen = max_padding;
    }
    ChooseForArena(rules, chosen, plan);
  }
  if (rules.separate_buffers) SeparateBuffers(lifetimes, rules, plan, &best);
  Apply(best.arena, plan);
  ApplyPool(best.pool, plan);
}

size_t LargestBufferBytes(const Plan& plan) {
  size_t largest = plan.arena_bytes;
  for (const MemoryRegion& region : plan.regions) {
    if (region.separate) largest = std::max(largest, region.bytes);
  }
  return largest;
}

size_t WeightBytes(const PackedWeights& weights) {
  return weights.elements * (weights.keep_float32 ? sizeof(float) : sizeof(uint16_t));
}

std::string MemoryUse::WhyAboveBound() const {
  if (keeps_bound()) return "";
  return pool_bytes > 0
             ? "images, or buffers, are memory of their own"
             : "images' rows are padded, a node has no variant with less scratch, or pieces of "
               "the arena are left over";
}

WeightKey WeightKeyOf(const Plan& plan, size_t index) {
  const PackedWeights& weights = plan.weights[index];
  const bool is_known = index < plan.weight_identities.size();
  return {is_known ? plan.weight_identities[index] : "", weights.elements, weights.keep_float32};
}

std::vector<size_t> DistinctWeights(const Plan& plan) {
  std::vector<size_t> distinct;
  std::set<WeightKey> seen;
  for (size_t index = 0; index < plan.weights.size(); ++index) {
    WeightKey key = WeightKeyOf(plan, index);
    const bool is_shared = !std::get<0>(key).empty();
    if (!is_shared || seen.insert(std::move(key)).second) distinct.push_back(index);
  }
  return distinct;
}

MemoryUse MemoryUseOf(const Plan& plan) {
  MemoryUse use;
  for (size_t index : DistinctWeights(plan)) use.weight_bytes += WeightBytes(plan.weights[index]);
  for (const MemoryRegion& region : plan.regions) {
    if (!region.in_arena()) use.pool_bytes += region.bytes;
  }
  use.activation_bytes = plan.arena_bytes + use.pool_bytes;
  use.live_bytes = plan.live_bytes;
  use.spare_bytes = plan.spare_bytes;
  return use;
}

}  // namespace mace
