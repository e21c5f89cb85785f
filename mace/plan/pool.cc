#include "mace/plan/pool.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <numeric>
#include <optional>
#include <queue>
#include <tuple>
#include <utility>
#include <variant>

namespace mace {
namespace {

PoolExtents ExtentsOf(const MemoryRegion& region) {
  if (region.storage == Storage::kBuffer) return {std::max<size_t>(region.bytes, 1), 1};
  return {region.image_width, region.image_height};
}

size_t Area(const PoolExtents& extents) { return extents.width * extents.height; }

PoolExtents Union(const PoolExtents& a, const PoolExtents& b) {
  return {std::max(a.width, b.width), std::max(a.height, b.height)};
}

// Regions of one kind may share an object.
using Kind = std::pair<Storage, Precision>;
Kind KindOf(const MemoryRegion& region) {
  const bool buffer = region.storage == Storage::kBuffer;
  return {region.storage, buffer ? Precision::kFloat32 : region.precision};
}

// An object, and the steps at which it is taken.
struct TakenObject {
  PoolObject object;
  std::map<int, int> taken;  // First and last step of each region; no overlaps.

  bool IsFree(const Lifetime& lifetime) const {
    const auto later = taken.upper_bound(lifetime.last);
    return later == taken.begin() || std::prev(later)->second < lifetime.first;
  }
  void Add(size_t region, const PoolExtents& extents, const Lifetime& lifetime) {
    object.extents = Union(object.extents, extents);
    object.regions.push_back(region);
    if (lifetime.first <= lifetime.last) taken.emplace(lifetime.first, lifetime.last);
  }
};

std::vector<PoolObject> ObjectsOf(std::vector<TakenObject> taken) {
  std::vector<PoolObject> pool;
  pool.reserve(taken.size());
  for (TakenObject& object : taken) pool.push_back(std::move(object.object));
  return pool;
}

// Gives each region, in this order, the object that is free during its lifetime and grows least, or
// a new object if growing would cost as much. None if too many objects would be looked at.
std::optional<std::vector<PoolObject>> Pack(const Plan& plan,
                                            const std::vector<Lifetime>& lifetimes,
                                            const std::vector<size_t>& order) {
  constexpr size_t kMaxLooks = size_t{1} << 20, kMaxLooksOfARegion = 64;
  const size_t most = kMaxLooks + kMaxLooksOfARegion * order.size();
  size_t looks = 0;
  std::vector<TakenObject> pool;
  for (size_t i : order) {
    const MemoryRegion& region = plan.regions[i];
    const PoolExtents extents = ExtentsOf(region);
    TakenObject* best = nullptr;
    size_t best_growth = Area(extents);
    looks += pool.size();
    if (looks > most) return std::nullopt;
    for (TakenObject& candidate : pool) {
      const PoolObject& object = candidate.object;
      if (KindOf(plan.regions[object.regions.front()]) != KindOf(region)) continue;
      const size_t growth = Area(Union(object.extents, extents)) - Area(object.extents);
      if (growth > best_growth || !candidate.IsFree(lifetimes[i])) continue;
      // If two objects fit, the smaller one is taken, so that the larger one stays free for a
      // larger tensor.
      if (growth == best_growth &&
          (best == nullptr || Area(best->object.extents) <= Area(object.extents))) {
        continue;
      }
      best = &candidate;
      best_growth = growth;
    }
    if (best == nullptr) best = &pool.emplace_back();
    best->Add(i, extents, lifetimes[i]);
  }
  return ObjectsOf(std::move(pool));
}

// Gives each region, in the order of use, a free object of equal extents or a new one. Used for
// graphs with too many objects.
std::vector<PoolObject> ReuseEqualObjects(const Plan& plan, const std::vector<Lifetime>& lifetimes,
                                          const std::vector<size_t>& order) {
  using Shape = std::tuple<Kind, size_t, size_t>;
  const auto shape_of = [&](size_t i) {
    const PoolExtents extents = ExtentsOf(plan.regions[i]);
    return Shape(KindOf(plan.regions[i]), extents.width, extents.height);
  };
  using Ending = std::pair<int, size_t>;  // An object and the last step of its region.
  std::priority_queue<Ending, std::vector<Ending>, std::greater<Ending>> taken;
  std::map<Shape, std::vector<size_t>> free;
  std::vector<TakenObject> pool;
  for (size_t i : order) {
    for (; !taken.empty() && taken.top().first < lifetimes[i].first; taken.pop()) {
      const size_t object = taken.top().second;
      free[shape_of(pool[object].object.regions.front())].push_back(object);
    }
    std::vector<size_t>& objects = free[shape_of(i)];
    if (objects.empty()) {
      objects.push_back(pool.size());
      pool.emplace_back();
    }
    const size_t object = objects.back();
    objects.pop_back();
    pool[object].Add(i, ExtentsOf(plan.regions[i]), lifetimes[i]);
    taken.emplace(lifetimes[i].last, object);
  }
  return ObjectsOf(std::move(pool));
}

size_t BytesOf(const PoolObject& object, const MemoryRegion& region) {
  const bool buffer = region.storage == Storage::kBuffer;
  return Area(object.extents) * (buffer ? 1 : TexelBytes(region));
}

}  // namespace

size_t TexelBytes(const MemoryRegion& region) { return 4 * ElementBytes(region.precision); }

size_t PoolBytes(const Plan& plan, const std::vector<PoolObject>& pool) {
  size_t bytes = 0;
  for (const PoolObject& object : pool) {
    bytes += BytesOf(object, plan.regions[object.regions.front()]);
  }
  return bytes;
}

// No order is the best for every network.
std::vector<PoolObject> MakePool(const Plan& plan, const std::vector<Lifetime>& lifetimes,
                                 const std::vector<size_t>& members) {
  std::vector<size_t> order = members;
  const std::function<size_t(size_t)> ranks[] = {
      [&](size_t i) { return plan.regions[i].bytes; },
      [&](size_t i) { return ExtentsOf(plan.regions[i]).height; },
      [&](size_t i) { return ExtentsOf(plan.regions[i]).width; },
  };
  std::optional<std::vector<PoolObject>> first = Pack(plan, lifetimes, order);
  if (!first.has_value()) return ReuseEqualObjects(plan, lifetimes, order);
  std::vector<PoolObject> best = *std::move(first);
  for (const auto& rank : ranks) {
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return rank(a) > rank(b); });
    std::optional<std::vector<PoolObject>> pool = Pack(plan, lifetimes, order);
    if (pool.has_value() && PoolBytes(plan, *pool) < PoolBytes(plan, best)) best = *std::move(pool);
  }
  return best;
}

void ApplyPool(const std::vector<PoolObject>& pool, Plan* plan) {
  std::vector<int> stands_for(plan->regions.size());
  std::iota(stands_for.begin(), stands_for.end(), 0);
  for (const PoolObject& object : pool) {
    MemoryRegion& first = plan->regions[object.regions.front()];
    for (size_t i : object.regions) {
      stands_for[i] = static_cast<int>(object.regions.front());
      if (i == object.regions.front()) continue;
      plan->regions[i] = MemoryRegion();
      plan->regions[i].storage = first.storage;
      plan->regions[i].separate = first.separate;
    }
    first.bytes = BytesOf(object, first);
    if (first.storage == Storage::kBuffer) continue;
    first.image_width = object.extents.width;
    first.image_height = object.extents.height;
  }
  const auto follow = [&](int* region) {
    if (*region >= 0) *region = stands_for[static_cast<size_t>(*region)];
  };
  for (DeviceTensor& tensor : plan->tensors) follow(&tensor.region);
  for (PlannedLaunch& planned : plan->launches) {
    for (KernelArgument& argument : planned.launch.arguments) {
      auto* const named = std::get_if<TensorArgument>(&argument);
      if (named != nullptr && named->kind == TensorArgument::Kind::kScratch) follow(&named->index);
    }
  }
}

}  // namespace mace
