// Where regions lie in one arena so that those alive at the same time do not overlap. Plain data.
//
// Placing takes time in proportion to the pairs of regions that are alive together; where there are
// too many pairs, it takes n log n over the regions. Thread contract: thread-safe.
#ifndef MACE_PLAN_ARENA_H_
#define MACE_PLAN_ARENA_H_

#include <algorithm>
#include <cstddef>
#include <vector>

namespace mace {

// The steps at which a region holds something: [first, last]. Never used: first > last.
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
  size_t live_bytes = 0;  // The most that is alive at once.
};

struct Placement {
  std::vector<size_t> offsets;  // By region; of those that were not to be placed 0.
  size_t arena_bytes = 0;
};

// The smallest arena that several orders of placing give.
Placement PlaceInArena(const ArenaRequest& request);

}  // namespace mace

#endif  // MACE_PLAN_ARENA_H_
