#include "mace/plan/memory.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <numeric>
#include <optional>
#include <queue>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "mace/base/divide.h"
#include "mace/plan/arena.h"

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

size_t TexelBytes(const MemoryRegion& region) { return 4 * ElementBytes(region.precision); }

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

// Sorts by descending rank; equal ranks keep their order.
void SortByRank(const std::function<size_t(size_t)>& rank, std::vector<size_t>* order) {
  std::stable_sort(order->begin(), order->end(),
                   [&](size_t a, size_t b) { return rank(a) > rank(b); });
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

// An image of the pool, and the regions that use it in turn.
struct PoolImage {
  size_t width = 0;
  size_t height = 0;
  std::vector<size_t> regions;
  std::map<int, int> taken;  // First and last step of each region; no overlaps.

  size_t texels() const { return width * height; }
  bool IsFree(const Lifetime& lifetime) const {
    const auto later = taken.upper_bound(lifetime.last);
    return later == taken.begin() || std::prev(later)->second < lifetime.first;
  }
  void Add(size_t region, const MemoryRegion& shape, const Lifetime& lifetime) {
    width = std::max(width, shape.image_width);
    height = std::max(height, shape.image_height);
    regions.push_back(region);
    if (lifetime.first <= lifetime.last) taken.emplace(lifetime.first, lifetime.last);
  }
};

size_t GrownTexels(const PoolImage& image, const MemoryRegion& region) {
  return std::max(image.width, region.image_width) * std::max(image.height, region.image_height);
}

// Gives each region, in this order, the image that is free during its lifetime and grows least, or
// a new image if growing would cost as much. None if too many images would be looked at.
std::optional<std::vector<PoolImage>> PackImages(const Plan& plan,
                                                 const std::vector<Lifetime>& lifetimes,
                                                 const std::vector<size_t>& order) {
  constexpr size_t kMaxLooks = size_t{1} << 20, kMaxLooksOfARegion = 64;
  const size_t most = kMaxLooks + kMaxLooksOfARegion * order.size();
  size_t looks = 0;
  std::vector<PoolImage> pool;
  for (size_t i : order) {
    const MemoryRegion& region = plan.regions[i];
    PoolImage* best = nullptr;
    size_t best_growth = region.image_width * region.image_height;
    looks += pool.size();
    if (looks > most) return std::nullopt;
    for (PoolImage& image : pool) {
      if (plan.regions[image.regions.front()].precision != region.precision) continue;
      const size_t growth = GrownTexels(image, region) - image.texels();
      if (growth > best_growth || !image.IsFree(lifetimes[i])) continue;
      // If two images fit, the smaller one is taken, so that the larger one stays free for a larger
      // tensor.
      if (growth == best_growth && (best == nullptr || best->texels() <= image.texels())) continue;
      best = &image;
      best_growth = growth;
    }
    if (best == nullptr) best = &pool.emplace_back();
    best->Add(i, region, lifetimes[i]);
  }
  return pool;
}

// Gives each region, in the order of use, a free image of equal extents or a new one. Used for
// graphs with too many images.
std::vector<PoolImage> ReuseEqualImages(const Plan& plan, const std::vector<Lifetime>& lifetimes,
                                        const std::vector<size_t>& order) {
  using Kind = std::tuple<size_t, size_t, Precision>;
  const auto kind_of = [&](size_t i) {
    const MemoryRegion& region = plan.regions[i];
    return Kind(region.image_width, region.image_height, region.precision);
  };
  using Ending = std::pair<int, size_t>;  // An image and the last step of its region.
  std::priority_queue<Ending, std::vector<Ending>, std::greater<Ending>> taken;
  std::map<Kind, std::vector<size_t>> free;
  std::vector<PoolImage> pool;
  for (size_t i : order) {
    for (; !taken.empty() && taken.top().first < lifetimes[i].first; taken.pop()) {
      const size_t image = taken.top().second;
      free[kind_of(pool[image].regions.front())].push_back(image);
    }
    std::vector<size_t>& images = free[kind_of(i)];
    if (images.empty()) {
      images.push_back(pool.size());
      pool.emplace_back();
    }
    const size_t image = images.back();
    images.pop_back();
    pool[image].Add(i, plan.regions[i], lifetimes[i]);
    taken.emplace(lifetimes[i].last, image);
  }
  return pool;
}

size_t PoolBytes(const Plan& plan, const std::vector<PoolImage>& pool) {
  size_t bytes = 0;
  for (const PoolImage& image : pool) {
    bytes += image.texels() * TexelBytes(plan.regions[image.regions.front()]);
  }
  return bytes;
}

// The smallest pool of several orders, since no order is the best for every network.
std::vector<PoolImage> BestPool(const Plan& plan, const std::vector<Lifetime>& lifetimes) {
  std::vector<size_t> order = RegionsWhere(/*in_arena=*/false, plan, lifetimes);
  const std::function<size_t(size_t)> ranks[] = {
      [&](size_t i) { return plan.regions[i].bytes; },
      [&](size_t i) { return plan.regions[i].image_height; },
      [&](size_t i) { return plan.regions[i].image_width; },
  };
  std::optional<std::vector<PoolImage>> first = PackImages(plan, lifetimes, order);
  if (!first.has_value()) return ReuseEqualImages(plan, lifetimes, order);
  std::vector<PoolImage> best = *std::move(first);
  for (const auto& rank : ranks) {
    SortByRank(rank, &order);
    std::optional<std::vector<PoolImage>> pool = PackImages(plan, lifetimes, order);
    if (pool.has_value() && PoolBytes(plan, *pool) < PoolBytes(plan, best)) best = *std::move(pool);
  }
  return best;
}

// The first region of an image stands for it; the others are left empty, and no tensor refers to
// them.
void Apply(const std::vector<PoolImage>& pool, Plan* plan) {
  std::vector<int> stands_for(plan->regions.size());
  std::iota(stands_for.begin(), stands_for.end(), 0);
  for (const PoolImage& image : pool) {
    for (size_t i : image.regions) {
      stands_for[i] = static_cast<int>(image.regions.front());
      if (i == image.regions.front()) continue;
      plan->regions[i] = MemoryRegion();
      plan->regions[i].storage = Storage::kImage;
    }
    MemoryRegion& first = plan->regions[image.regions.front()];
    first.image_width = image.width;
    first.image_height = image.height;
    first.bytes = image.texels() * TexelBytes(first);
  }
  for (DeviceTensor& tensor : plan->tensors) {
    if (tensor.region >= 0) tensor.region = stands_for[static_cast<size_t>(tensor.region)];
  }
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
  std::vector<PoolImage> pool;
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
  layout.pool = BestPool(plan, lifetimes);
  layout.bytes = layout.arena.arena_bytes + PoolBytes(plan, layout.pool);
  if (views && layout.arena.arena_bytes > rules.max_arena_bytes) layout.bytes = SIZE_MAX;
  return layout;
}

}  // namespace

MemoryRules MemoryRulesOf(const DeviceInfo& device) {
  MemoryRules rules;
  rules.alignment_bytes = device.memory_base_address_align_bytes;
  rules.image_pitch_texels = device.image_pitch_alignment;
  rules.image_base_texels = device.image_base_alignment;
  rules.max_arena_bytes = device.max_allocation_bytes;
  return rules;
}

void PlanMemory(Plan* plan, const MemoryRules& rules) {
  const std::vector<Lifetime> lifetimes = FindLifetimes(*plan);
  const size_t alignment = std::max<size_t>(rules.alignment_bytes, 64);
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
  Apply(best.arena, plan);
  Apply(best.pool, plan);
}

size_t WeightBytes(const PackedWeights& weights) {
  return weights.elements * (weights.keep_float32 ? sizeof(float) : sizeof(uint16_t));
}

std::string MemoryUse::WhyAboveBound() const {
  if (keeps_bound()) return "";
  return pool_bytes > 0
             ? "images are memory of their own"
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
  return use;
}

}  // namespace mace
