#include "mace/plan/arena.h"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <queue>
#include <set>
#include <utility>

#include "mace/base/divide.h"

namespace mace {
namespace {

// Up to so many pairs of regions alive together, each pair is looked at. This allows 1,400 regions
// that are all alive at once, or any number of regions with at most 64 alive at once.
constexpr size_t kMaxPairs = size_t{1} << 20;
constexpr size_t kMaxPairsOfARegion = 64;

// By region: the regions that are alive with it. None if there would be too many pairs.
std::optional<std::vector<std::vector<uint32_t>>> FindNeighbours(const ArenaRequest& request) {
  const size_t most = kMaxPairs + kMaxPairsOfARegion * request.order.size();
  std::vector<std::vector<uint32_t>> neighbours(request.bytes.size());
  std::vector<uint32_t> alive;
  size_t pairs = 0;
  for (size_t i : request.order) {
    const Lifetime& lifetime = request.lifetimes[i];
    if (lifetime.first > lifetime.last) continue;
    const auto is_over = [&](uint32_t other) {
      return request.lifetimes[other].last < lifetime.first;
    };
    alive.erase(std::remove_if(alive.begin(), alive.end(), is_over), alive.end());
    pairs += alive.size();
    if (pairs > most) return std::nullopt;
    for (uint32_t other : alive) {
      neighbours[i].push_back(other);
      neighbours[other].push_back(static_cast<uint32_t>(i));
    }
    alive.push_back(static_cast<uint32_t>(i));
  }
  return neighbours;
}

// Places regions one after another so that each overlaps no region that is alive with it.
class ArenaPlacer {
 public:
  ArenaPlacer(const ArenaRequest& request, std::vector<std::vector<uint32_t>> neighbours)
      : request_(request), neighbours_(std::move(neighbours)) {}

  // Places each region at the lowest free offset.
  Placement FromTheBottom(const std::vector<size_t>& order) {
    Clear();
    for (size_t i : order) Put(i, Lowest(i));
    return std::move(placement_);
  }

  // Places regions by turns at the lowest free offset and at the highest one below `ceiling`. In a
  // sequence of layers each buffer is then beside the next one, whatever their sizes.
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
  size_t bytes(size_t i) const { return request_.bytes[i]; }
  size_t offset(size_t i) const { return placement_.offsets[i]; }
  size_t end(size_t i) const { return offset(i) + bytes(i); }

  void Clear() {
    placement_ = Placement();
    placement_.offsets.resize(request_.bytes.size());
    placed_.assign(request_.bytes.size(), false);
  }

  // The regions that are alive with region i and placed already.
  std::vector<uint32_t> PlacedNeighbours(size_t i) const {
    std::vector<uint32_t> placed;
    for (uint32_t j : neighbours_[i]) {
      if (placed_[j]) placed.push_back(j);
    }
    return placed;
  }

  size_t Lowest(size_t i) const {
    std::vector<uint32_t> placed = PlacedNeighbours(i);
    std::sort(placed.begin(), placed.end(),
              [&](uint32_t a, uint32_t b) { return offset(a) < offset(b); });
    size_t lowest = 0;
    for (uint32_t j : placed) {
      if (lowest + bytes(i) <= offset(j)) break;
      lowest = std::max(lowest, AlignUp(end(j), request_.alignment));
    }
    return lowest;
  }

  std::optional<size_t> Highest(size_t i, size_t ceiling) const {
    std::vector<uint32_t> placed = PlacedNeighbours(i);
    std::sort(placed.begin(), placed.end(),
              [&](uint32_t a, uint32_t b) { return end(a) > end(b); });
    auto next = placed.begin();
    size_t lowest_above = SIZE_MAX;  // Lowest begin of a region that ends above the offset.
    while (bytes(i) <= ceiling) {
      const size_t highest = (ceiling - bytes(i)) / request_.alignment * request_.alignment;
      for (; next != placed.end() && end(*next) > highest; ++next) {
        lowest_above = std::min(lowest_above, offset(*next));
      }
      if (lowest_above >= highest + bytes(i)) return highest;
      ceiling = lowest_above;
    }
    return std::nullopt;
  }

  void Put(size_t i, size_t at) {
    placement_.offsets[i] = at;
    placement_.arena_bytes = std::max(placement_.arena_bytes, end(i));
    placed_[i] = true;
  }

  const ArenaRequest& request_;
  const std::vector<std::vector<uint32_t>> neighbours_;
  Placement placement_;
  std::vector<bool> placed_;
};

// The free parts of an arena at one step.
class Holes {
 public:
  // Takes the smallest hole that is large enough, or else extends the arena.
  size_t Take(size_t size) {
    const auto found = by_size_.lower_bound({size, 0});
    if (found == by_size_.end()) return TakeAtEnd(size);
    const auto [hole_size, offset] = *found;
    Erase(offset, hole_size);
    if (hole_size > size) Insert(offset + size, hole_size - size);
    return offset;
  }

  void Give(size_t offset, size_t size) {
    const auto after = by_offset_.find(offset + size);
    if (after != by_offset_.end()) {
      const size_t more = after->second;
      Erase(offset + size, more);
      size += more;
    }
    const auto next = by_offset_.lower_bound(offset);
    if (next != by_offset_.begin()) {
      const auto [before, before_size] = *std::prev(next);
      if (before + before_size == offset) {
        Erase(before, before_size);
        offset = before;
        size += before_size;
      }
    }
    Insert(offset, size);
  }

 private:
  size_t TakeAtEnd(size_t size) {
    size_t offset = end_;
    // The last hole reaches the arena's end, so it can be enlarged.
    if (!by_offset_.empty()) {
      const auto [last, last_size] = *by_offset_.rbegin();
      if (last + last_size == end_) {
        Erase(last, last_size);
        offset = last;
      }
    }
    end_ = offset + size;
    return offset;
  }
  void Insert(size_t offset, size_t size) {
    by_offset_.emplace(offset, size);
    by_size_.emplace(size, offset);
  }
  void Erase(size_t offset, size_t size) {
    by_offset_.erase(offset);
    by_size_.erase({size, offset});
  }

  std::map<size_t, size_t> by_offset_;           // Size by offset.
  std::set<std::pair<size_t, size_t>> by_size_;  // Size and offset of each.
  size_t end_ = 0;
};

// Places regions in the order of their use, in holes that earlier ones left. Used for graphs with
// too many pairs.
Placement InOrderOfUse(const ArenaRequest& request) {
  using Ending = std::pair<int, size_t>;  // A region and the last step that uses it.
  std::priority_queue<Ending, std::vector<Ending>, std::greater<Ending>> alive;
  Placement placement;
  placement.offsets.resize(request.bytes.size());
  Holes holes;
  const auto size_of = [&](size_t i) {
    return std::max(request.alignment, AlignUp(request.bytes[i], request.alignment));
  };
  for (size_t i : request.order) {
    while (!alive.empty() && alive.top().first < request.lifetimes[i].first) {
      const size_t over = alive.top().second;
      alive.pop();
      holes.Give(placement.offsets[over], size_of(over));
    }
    placement.offsets[i] = holes.Take(size_of(i));
    placement.arena_bytes =
        std::max(placement.arena_bytes, placement.offsets[i] + request.bytes[i]);
    alive.emplace(request.lifetimes[i].last, i);
  }
  return placement;
}

}  // namespace

// Placing the largest region first is near the lower bound for most convolutional networks. If
// large regions follow one another closely, placing long-lived regions first is better.
Placement PlaceInArena(const ArenaRequest& request) {
  auto neighbours = FindNeighbours(request);
  if (!neighbours.has_value()) return InOrderOfUse(request);
  const auto span = [&](size_t i) {
    const Lifetime& lifetime = request.lifetimes[i];
    return static_cast<size_t>(std::max(0, lifetime.last - lifetime.first + 1));
  };
  const std::function<size_t(size_t)> ranks[] = {
      [&](size_t i) { return request.bytes[i]; },
      [&](size_t i) { return request.bytes[i] * span(i); },
      span,
  };
  std::vector<size_t> order = request.order;
  ArenaPlacer placer(request, *std::move(neighbours));
  Placement best = placer.FromBothEnds(order, request.live_bytes);
  for (const auto& rank : ranks) {
    // Sorts by descending rank; equal ranks keep their order.
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return rank(a) > rank(b); });
    Placement placement = placer.FromTheBottom(order);
    if (placement.arena_bytes < best.arena_bytes) best = std::move(placement);
  }
  return best;
}

}  // namespace mace
