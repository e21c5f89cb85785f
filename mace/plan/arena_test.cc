#include "mace/plan/arena.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

namespace mace {
namespace {

ArenaRequest RandomRequest(size_t regions, int longest, uint32_t seed) {
  std::mt19937 generator(seed);
  ArenaRequest request;
  request.alignment = 64;
  for (size_t i = 0; i < regions; ++i) {
    Lifetime lifetime;
    lifetime.Extend(static_cast<int>(i));
    lifetime.Extend(static_cast<int>(i) + static_cast<int>(generator() % longest));
    request.lifetimes.push_back(lifetime);
    request.bytes.push_back(generator() % 1000);
    request.live_bytes = 20000;
  }
  request.order.resize(regions);
  std::iota(request.order.begin(), request.order.end(), size_t{0});
  return request;
}

void ExpectNoOverlap(const ArenaRequest& request, const Placement& placement) {
  for (size_t i : request.order) {
    const size_t begin = placement.offsets[i], end = begin + request.bytes[i];
    ASSERT_EQ(begin % request.alignment, 0u);
    ASSERT_LE(end, placement.arena_bytes);
    for (size_t j = i + 1; j < request.bytes.size(); ++j) {
      if (!request.lifetimes[i].Overlaps(request.lifetimes[j])) continue;
      const size_t other = placement.offsets[j];
      ASSERT_TRUE(end <= other || other + request.bytes[j] <= begin) << i << " and " << j;
    }
  }
}

TEST(Arena, RegionsAliveTogetherLieApart) {
  for (uint32_t seed : {1, 2, 3, 4}) {
    const ArenaRequest request = RandomRequest(300, 12, seed);
    ExpectNoOverlap(request, PlaceInArena(request));
  }
}

TEST(Arena, AChainTakesTwoOfItsRegions) {
  ArenaRequest request;
  request.alignment = 64;
  for (int i = 0; i < 10; ++i) {
    Lifetime lifetime;
    lifetime.Extend(i);
    lifetime.Extend(i + 1);
    request.lifetimes.push_back(lifetime);
    request.bytes.push_back(640);
    request.order.push_back(static_cast<size_t>(i));
  }
  request.live_bytes = 1280;
  EXPECT_EQ(PlaceInArena(request).arena_bytes, 1280u);
}

// There are too many pairs to look at each one.
TEST(Arena, RegionsOfManyPairsLieApartToo) {
  const ArenaRequest request = RandomRequest(5000, 2000, 5);
  const Placement placement = PlaceInArena(request);
  ExpectNoOverlap(request, placement);
  // Holes are reused: about 1,000 regions of 532 bytes are alive at once.
  EXPECT_LT(placement.arena_bytes, size_t{1100} * 1000);
}

// Looking at each pair would take 5 * 10^10 steps.
TEST(Arena, ManyThatAreAllAlive) {
  ArenaRequest request = RandomRequest(300000, 2, 6);
  for (Lifetime& lifetime : request.lifetimes) lifetime.Extend(300001);
  const Placement placement = PlaceInArena(request);
  size_t sum = 0;
  for (size_t bytes : request.bytes) sum += std::max<size_t>(64, (bytes + 63) / 64 * 64);
  EXPECT_LE(placement.arena_bytes, sum);
  EXPECT_GT(placement.arena_bytes, sum - 1000);
}

}  // namespace
}  // namespace mace
