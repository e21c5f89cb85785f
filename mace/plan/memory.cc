#include "mace/plan/memory.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <optional>

namespace mace {
namespace {

// The steps at which a region holds something: [first, last]. Never used: first > last.
struct Lifetime {
  int first = 1 << 30;
  int last = -1;
  bool Meets(const Lifetime& other) const { return first <= other.last && other.first <= last; }
  void Extend(int step) {
    first = std::min(first, step);
    last = std::max(last, step);
  }
};

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
    // What is made once must last: from before the first step to after the last.
    ExtendByStep(plan, step, -1, &lifetimes);
    ExtendByStep(plan, step, end, &lifetimes);
  }
  for (int i = 0; i < end; ++i)
    ExtendByStep(plan, plan.steps[static_cast<size_t>(i)], i, &lifetimes);
  for (size_t i = 0; i < lifetimes.size(); ++i) {
    if (!plan.regions[i].lasting) continue;
    lifetimes[i].Extend(-1);
    lifetimes[i].Extend(end);
  }
  return lifetimes;
}

size_t RoundUp(size_t bytes, size_t alignment) {
  return (bytes + alignment - 1) / alignment * alignment;
}

size_t TexelBytes(const MemoryRegion& region) { return 4 * ElementBytes(region.precision); }

// The regions of the arena, or those of the pool, in the order of first use.
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

// The largest rank first; equal ones stay as they are.
void SortByRank(const std::function<size_t(size_t)>& rank, std::vector<size_t>* order) {
  std::stable_sort(order->begin(), order->end(),
                   [&](size_t a, size_t b) { return rank(a) > rank(b); });
}

struct Placement {
  std::vector<size_t> offsets;  // By region; those of the pool do not matter.
  size_t arena_bytes = 0;
};

// Puts regions into an arena, one after another, each where it meets none that is alive with it.
class ArenaPlacer {
 public:
  ArenaPlacer(const Plan& plan, const std::vector<Lifetime>& lifetimes, size_t alignment)
      : plan_(plan), lifetimes_(lifetimes), alignment_(alignment) {}

  // Each at the lowest offset that is free.
  Placement FromTheBottom(const std::vector<size_t>& order) {
    Clear();
    for (size_t i : order) Put(i, Lowest(i));
    return std::move(placement_);
  }

  // In turn at the lowest offset and at the highest below `ceiling`: in a chain each buffer is then
  // beside the next, whatever their sizes.
  Placement FromBothEnds(const std::vector<size_t>& order, size_t ceiling) {
    Clear();
    bool top = false;
    for (size_t i : order) {
      const std::optional<size_t> highest = top ? Highest(i, ceiling) : std::nullopt;
      Put(i, highest.has_value() ? *highest : Lowest(i));
      top = !top;
    }
    return std::move(placement_);
  }

 private:
  size_t bytes(size_t i) const { return plan_.regions[i].bytes; }
  size_t end(size_t i) const { return placement_.offsets[i] + bytes(i); }

  void Clear() {
    placement_ = Placement();
    placement_.offsets.resize(plan_.regions.size());
    placed_.clear();
  }

  size_t Lowest(size_t i) const {
    size_t offset = 0;
    for (size_t j : placed_) {
      if (!lifetimes_[i].Meets(lifetimes_[j])) continue;
      if (offset + bytes(i) <= placement_.offsets[j]) break;
      offset = std::max(offset, RoundUp(end(j), alignment_));
    }
    return offset;
  }

  std::optional<size_t> Highest(size_t i, size_t ceiling) const {
    while (bytes(i) <= ceiling) {
      const size_t offset = (ceiling - bytes(i)) / alignment_ * alignment_;
      const auto in_the_way = std::find_if(placed_.begin(), placed_.end(), [&](size_t j) {
        return lifetimes_[i].Meets(lifetimes_[j]) && offset < end(j) &&
               placement_.offsets[j] < offset + bytes(i);
      });
      if (in_the_way == placed_.end()) return offset;
      ceiling = placement_.offsets[*in_the_way];
    }
    return std::nullopt;
  }

  void Put(size_t i, size_t offset) {
    placement_.offsets[i] = offset;
    placement_.arena_bytes = std::max(placement_.arena_bytes, end(i));
    placed_.insert(std::upper_bound(placed_.begin(), placed_.end(), i,
                                    [&](size_t a, size_t b) {
                                      return placement_.offsets[a] < placement_.offsets[b];
                                    }),
                   i);
  }

  const Plan& plan_;
  const std::vector<Lifetime>& lifetimes_;
  const size_t alignment_;
  Placement placement_;
  std::vector<size_t> placed_;  // By offset.
};

// The least of what several orders give. The largest first is near the lower bound on most graphs
// of convolutional networks; where large regions follow one another closely, those that live long
// do better as the first.
Placement BestPlacement(const Plan& plan, const std::vector<Lifetime>& lifetimes,
                        size_t alignment) {
  std::vector<size_t> order = RegionsWhere(/*in_arena=*/true, plan, lifetimes);
  const auto span = [&](size_t i) {
    return static_cast<size_t>(std::max(0, lifetimes[i].last - lifetimes[i].first + 1));
  };
  const std::function<size_t(size_t)> ranks[] = {
      [&](size_t i) { return plan.regions[i].bytes; },
      [&](size_t i) { return plan.regions[i].bytes * span(i); },
      span,
  };
  ArenaPlacer placer(plan, lifetimes, alignment);
  Placement best = placer.FromBothEnds(order, plan.live_bytes);
  for (const auto& rank : ranks) {
    SortByRank(rank, &order);
    Placement placement = placer.FromTheBottom(order);
    if (placement.arena_bytes < best.arena_bytes) best = std::move(placement);
  }
  return best;
}

void Apply(const Placement& placement, Plan* plan) {
  for (size_t i = 0; i < plan->regions.size(); ++i) {
    if (plan->regions[i].in_arena()) plan->regions[i].offset_bytes = placement.offsets[i];
  }
  plan->arena_bytes = placement.arena_bytes;
}

// An image of the pool, and the regions that take it in turn.
struct PoolImage {
  size_t width = 0;
  size_t height = 0;
  std::vector<size_t> regions;

  size_t texels() const { return width * height; }
};

size_t GrownTexels(const PoolImage& image, const MemoryRegion& region) {
  return std::max(image.width, region.image_width) * std::max(image.height, region.image_height);
}

// Each region, in this order, takes the image that is free all its life and grows least, or a new
// one where growing would cost as much.
std::vector<PoolImage> PackImages(const Plan& plan, const std::vector<Lifetime>& lifetimes,
                                  const std::vector<size_t>& order) {
  std::vector<PoolImage> pool;
  for (size_t i : order) {
    const MemoryRegion& region = plan.regions[i];
    PoolImage* best = nullptr;
    size_t best_growth = region.image_width * region.image_height;
    for (PoolImage& image : pool) {
      if (plan.regions[image.regions.front()].precision != region.precision) continue;
      const bool taken = std::any_of(image.regions.begin(), image.regions.end(), [&](size_t other) {
        return lifetimes[i].Meets(lifetimes[other]);
      });
      const size_t growth = GrownTexels(image, region) - image.texels();
      if (taken || growth > best_growth) continue;
      // Of two that fit, the smaller: the larger stays for a larger one.
      if (growth == best_growth && (best == nullptr || best->texels() <= image.texels())) continue;
      best = &image;
      best_growth = growth;
    }
    if (best == nullptr) best = &pool.emplace_back();
    best->width = std::max(best->width, region.image_width);
    best->height = std::max(best->height, region.image_height);
    best->regions.push_back(i);
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

// The least of what several orders give: no one of them is the best for every network.
std::vector<PoolImage> BestPool(const Plan& plan, const std::vector<Lifetime>& lifetimes) {
  std::vector<size_t> order = RegionsWhere(/*in_arena=*/false, plan, lifetimes);
  const std::function<size_t(size_t)> ranks[] = {
      [&](size_t i) { return plan.regions[i].bytes; },
      [&](size_t i) { return plan.regions[i].image_height; },
      [&](size_t i) { return plan.regions[i].image_width; },
  };
  std::vector<PoolImage> best = PackImages(plan, lifetimes, order);
  for (const auto& rank : ranks) {
    SortByRank(rank, &order);
    std::vector<PoolImage> pool = PackImages(plan, lifetimes, order);
    if (PoolBytes(plan, pool) < PoolBytes(plan, best)) best = std::move(pool);
  }
  return best;
}

// The first region of an image stands for it; others are left empty and nobody points at them.
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

// Of activations, each as it lies there: a kernel's scratch is none.
size_t PeakLiveBytes(const Plan& plan, const std::vector<Lifetime>& lifetimes, size_t alignment) {
  std::vector<bool> holds_tensor(plan.regions.size(), false);
  for (const DeviceTensor& tensor : plan.tensors) {
    if (tensor.region >= 0) holds_tensor[static_cast<size_t>(tensor.region)] = true;
  }
  size_t peak = 0;
  for (int step = 0; step < static_cast<int>(plan.steps.size()); ++step) {
    size_t live = 0;
    for (size_t i = 0; i < lifetimes.size(); ++i) {
      const bool alive = lifetimes[i].first <= step && step <= lifetimes[i].last;
      if (alive && holds_tensor[i]) live += RoundUp(plan.regions[i].bytes, alignment);
    }
    peak = std::max(peak, live);
  }
  return peak;
}

// Puts those images into the arena whose rows' padding makes them at most `most_padding` times as
// large; 0: none.
void ChooseForArena(const MemoryRules& rules, double most_padding, Plan* plan) {
  for (MemoryRegion& region : plan->regions) {
    if (region.storage != Storage::kImage) continue;
    const size_t padded =
        RoundUp(region.image_width, std::max<size_t>(1, rules.image_pitch_texels));
    const bool chosen =
        static_cast<double>(padded) <= most_padding * static_cast<double>(region.image_width);
    region.image_pitch_bytes = chosen ? padded * TexelBytes(region) : 0;
    region.bytes =
        (chosen ? padded : region.image_width) * region.image_height * TexelBytes(region);
  }
}

// Where everything lies, the images in the arena chosen already.
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
    alignment = RoundUp(alignment, std::max<size_t>(1, rules.image_base_texels) * kLargestTexel);
  MemoryLayout layout;
  layout.arena = BestPlacement(plan, lifetimes, alignment);
  layout.pool = BestPool(plan, lifetimes);
  layout.bytes = layout.arena.arena_bytes + PoolBytes(plan, layout.pool);
  if (views && layout.arena.arena_bytes > rules.most_arena_bytes) layout.bytes = SIZE_MAX;
  return layout;
}

}  // namespace

MemoryRules MemoryRulesOf(const DeviceInfo& device) {
  MemoryRules rules;
  rules.alignment_bytes = device.memory_base_address_align_bytes;
  rules.image_pitch_texels = device.image_pitch_alignment;
  rules.image_base_texels = device.image_base_alignment;
  rules.most_arena_bytes = device.max_allocation_bytes;
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
    for (double most_padding : {1.0, 1.25, 1.6, kAll}) {
      ChooseForArena(rules, most_padding, plan);
      MemoryLayout layout = LayOut(*plan, lifetimes, rules);
      if (layout.bytes >= best.bytes) continue;
      best = std::move(layout);
      chosen = most_padding;
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
             : "images' rows are padded, a node has no way with less scratch, or pieces of "
               "the arena are left over";
}

MemoryUse MemoryUseOf(const Plan& plan) {
  MemoryUse use;
  for (const PackedWeights& weights : plan.weights) use.weight_bytes += WeightBytes(weights);
  for (const MemoryRegion& region : plan.regions) {
    if (!region.in_arena()) use.pool_bytes += region.bytes;
  }
  use.activation_bytes = plan.arena_bytes + use.pool_bytes;
  use.live_bytes = plan.live_bytes;
  return use;
}

}  // namespace mace
