#include "mace/plan/memory.h"

#include <algorithm>
#include <numeric>

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
  return lifetimes;
}

// Largest first, each at the lowest offset that is free of regions alive at the same time: near the
// lower bound on the graphs of convolutional networks, and simple.
void PlaceBuffers(Plan* plan, const std::vector<Lifetime>& lifetimes, size_t alignment) {
  std::vector<size_t> order;
  for (size_t i = 0; i < plan->regions.size(); ++i) {
    if (plan->regions[i].storage == Storage::kBuffer) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return plan->regions[a].bytes > plan->regions[b].bytes;
  });
  std::vector<size_t> placed;  // By offset.
  for (size_t i : order) {
    MemoryRegion& region = plan->regions[i];
    size_t offset = 0;
    for (size_t j : placed) {
      const MemoryRegion& other = plan->regions[j];
      if (!lifetimes[i].Meets(lifetimes[j])) continue;
      if (offset + region.bytes <= other.offset_bytes) break;
      offset = std::max(offset,
                        (other.offset_bytes + other.bytes + alignment - 1) / alignment * alignment);
    }
    region.offset_bytes = offset;
    plan->arena_bytes = std::max(plan->arena_bytes, offset + region.bytes);
    placed.insert(std::upper_bound(placed.begin(), placed.end(), i,
                                   [&](size_t a, size_t b) {
                                     return plan->regions[a].offset_bytes <
                                            plan->regions[b].offset_bytes;
                                   }),
                  i);
  }
}

// In the order of first use: a region takes a free image of the pool, grown where that costs fewer
// texels than a new one, else a new one. The first region of an image stands for it; others are
// left empty and nobody points at them.
void PoolImages(Plan* plan, const std::vector<Lifetime>& lifetimes) {
  std::vector<size_t> order;
  for (size_t i = 0; i < plan->regions.size(); ++i) {
    if (plan->regions[i].storage == Storage::kImage) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return lifetimes[a].first < lifetimes[b].first; });
  std::vector<int> stands_for(plan->regions.size());
  std::iota(stands_for.begin(), stands_for.end(), 0);
  std::vector<std::pair<size_t, int>>
      pool;  // Region that stands for the image, last step it is in use.
  for (size_t i : order) {
    MemoryRegion& region = plan->regions[i];
    size_t best = pool.size(), best_growth = region.image_width * region.image_height;
    for (size_t p = 0; p < pool.size(); ++p) {
      const MemoryRegion& image = plan->regions[pool[p].first];
      if (pool[p].second >= lifetimes[i].first || image.precision != region.precision) continue;
      const size_t grown = std::max(image.image_width, region.image_width) *
                           std::max(image.image_height, region.image_height);
      const size_t growth = grown - image.image_width * image.image_height;
      if (growth < best_growth) {
        best = p;
        best_growth = growth;
      }
    }
    if (best == pool.size()) {
      pool.push_back({i, lifetimes[i].last});
      continue;
    }
    MemoryRegion& image = plan->regions[pool[best].first];
    image.image_width = std::max(image.image_width, region.image_width);
    image.image_height = std::max(image.image_height, region.image_height);
    image.bytes = std::max(image.bytes, region.bytes);
    pool[best].second = lifetimes[i].last;
    stands_for[i] = static_cast<int>(pool[best].first);
    region = MemoryRegion();
    region.storage = Storage::kImage;
  }
  for (DeviceTensor& tensor : plan->tensors) {
    if (tensor.region >= 0) tensor.region = stands_for[static_cast<size_t>(tensor.region)];
  }
}

size_t PeakLiveBytes(const Plan& plan, const std::vector<Lifetime>& lifetimes) {
  size_t peak = 0;
  for (int step = 0; step < static_cast<int>(plan.steps.size()); ++step) {
    size_t live = 0;
    for (size_t i = 0; i < lifetimes.size(); ++i) {
      if (lifetimes[i].first <= step && step <= lifetimes[i].last) live += plan.regions[i].bytes;
    }
    peak = std::max(peak, live);
  }
  return peak;
}

}  // namespace

void PlanMemory(Plan* plan, size_t alignment_bytes) {
  const std::vector<Lifetime> lifetimes = FindLifetimes(*plan);
  plan->live_bytes = PeakLiveBytes(*plan, lifetimes);
  PlaceBuffers(plan, lifetimes, std::max<size_t>(alignment_bytes, 64));
  PoolImages(plan, lifetimes);
}

size_t WeightBytes(const PackedWeights& weights) {
  return weights.elements * (weights.keep_float32 ? sizeof(float) : sizeof(uint16_t));
}

MemoryUse MemoryUseOf(const Plan& plan) {
  MemoryUse use;
  for (const PackedWeights& weights : plan.weights) use.weight_bytes += WeightBytes(weights);
  use.activation_bytes = plan.arena_bytes;
  for (const MemoryRegion& region : plan.regions) {
    if (region.storage != Storage::kImage) continue;
    use.activation_bytes +=
        region.image_width * region.image_height * 4 * ElementBytes(region.precision);
  }
  use.live_bytes = plan.live_bytes;
  return use;
}

}  // namespace mace
