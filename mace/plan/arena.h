// Places regions in one arena so that regions that are alive at the same time do not overlap. Plain
// data.
//
// The time is proportional to the number of pairs of regions that are alive together. If there are
// too many pairs, a method is used that takes n log n for n regions.
// Thread contract: thread-safe.
#ifndef MACE_PLAN_ARENA_H_
#define MACE_PLAN_ARENA_H_

#include <algorithm>
#include <cstddef>
#include <vector>

namespace mace {

// The steps during which a region holds data: [first, last]. first > last: never.
struct Lifetime {
  int first = 1 << 30;
  int last = -1;
  bool Overlaps(const Lifetime& other) const { return first <= other.last && other.first <= last; }
  void Extend(int step) {
    first = std::min(first, step);
    last = std::max(last, step);
  }
};

struct ArenaRequest {
  std::vector<size_t> bytes;        // By region.
  std::vector<Lifetime> lifetimes;  // By region.
  std::vector<size_t> order;        // The regions to place, in the order of their first use.
  size_t alignment = 1;
  size_t live_bytes = 0;  // The largest sum of regions alive at one step.
};

struct Placement {
  std::vector<size_t> offsets;  // By region; 0 for regions that are not placed.
  size_t arena_bytes = 0;
};

// Tries several orders of the regions and gives the smallest arena.
Placement PlaceInArena(const ArenaRequest& request);

}  // namespace mace

#endif  // MACE_PLAN_ARENA_H_
