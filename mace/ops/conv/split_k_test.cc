// Ranges of steps, without a device.
#include "mace/ops/conv/split_k.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "mace/testing/fake_gpu.h"

namespace mace {
namespace {

// The work-group with the most steps, the one with the most tiles, the tile with the most groups,
// by the kernel's own ranges.
GroupShare CountedShare(const TileGrid& grid) {
  const int64_t all = grid.tiles() * grid.steps, groups = grid.groups();
  GroupShare most = {0, 0, 0, 0};
  std::vector<int> parts(static_cast<size_t>(grid.tiles()));
  for (int64_t group = 0; group < groups; ++group) {
    const int64_t begin = group * all / groups, end = (group + 1) * all / groups;
    EXPECT_LT(begin, end) << "a group without a step";
    std::set<int64_t> tiles;
    for (int64_t step = begin; step < end; ++step) {
      tiles.insert(step / grid.steps);
      EXPECT_EQ(group, ((step + 1) * groups - 1) / all) << "the group of a step";
    }
    double shared = 0;
    for (int64_t tile : tiles) {
      ++parts[static_cast<size_t>(tile)];
      if (tile * grid.steps < begin || (tile + 1) * grid.steps > end) ++shared;
    }
    most.shared = std::max(most.shared, shared);
    most.steps = std::max(most.steps, static_cast<double>(end - begin));
    most.tiles = std::max(most.tiles, static_cast<double>(tiles.size()));
    if (grid.kind() == 1) {
      EXPECT_EQ(1u, tiles.size());
    }
  }
  most.parts = *std::max_element(parts.begin(), parts.end());
  return most;
}

TEST(SplitKTest, SharesBoundWhatGroupsDo) {
  for (int64_t tiles : {1, 2, 5, 12}) {
    for (int64_t steps : {1, 3, 8, 25}) {
      for (int split_k = 1; split_k < 70; ++split_k) {
        const TileGrid grid = {tiles, 1, steps, split_k};
        SCOPED_TRACE(testing::Message() << tiles << " of " << steps << " in " << split_k);
        const GroupShare counted = CountedShare(grid), share = ShareOfGroup(grid);
        EXPECT_EQ(counted.steps, share.steps);
        EXPECT_LE(counted.tiles, share.tiles);
        EXPECT_LE(share.tiles, counted.tiles + 1);
        EXPECT_LE(counted.shared, share.shared);
        EXPECT_LE(counted.parts, share.parts);
        EXPECT_LE(share.parts, counted.parts + 2);
      }
    }
  }
}

TEST(SplitKTest, OneGroupATileSharesNothing) {
  const GroupShare share = ShareOfGroup({4, 2, 9, 0});
  EXPECT_EQ(9, share.steps);
  EXPECT_EQ(1, share.tiles);
  EXPECT_EQ(0, share.shared);
  EXPECT_EQ(0, share.parts);
}

TEST(SplitKTest, NeverMoreGroupsThanSteps) {
  EXPECT_EQ(18, (TileGrid{2, 3, 3, 100}.groups()));
  EXPECT_EQ(1, (TileGrid{2, 3, 3, 100}.kind()));
}

TEST(SplitKTest, Kinds) {
  EXPECT_EQ(0, (TileGrid{2, 3, 10, 0}.kind()));
  EXPECT_EQ(1, (TileGrid{2, 3, 10, 12}.kind()));
  EXPECT_EQ(2, (TileGrid{2, 3, 10, 13}.kind()));
  EXPECT_EQ(2, (TileGrid{2, 3, 10, 3}.kind())) << "whole tiles, several a group";
}

TEST(SplitKTest, LimitsOfAnInt) {
  EXPECT_TRUE(FitsSplitK({100, 10, 100, 132}, 256, 16384));
  EXPECT_TRUE(FitsSplitK({100, 10, 50, 20001}, 64, 16384));
  EXPECT_FALSE(FitsSplitK({100, 10, 50, 20001}, 64, 65536)) << "what groups leave";
  EXPECT_FALSE(FitsSplitK({100, 10, 100000, 132}, 256, 16384)) << "steps times groups";
  EXPECT_TRUE(FitsSplitK({1 << 22, 10, 100000, 0}, 256, 16384)) << "nothing is shared";
  EXPECT_FALSE(FitsSplitK({1 << 23, 10, 1, 0}, 256, 16384)) << "work-items";
}

TEST(SplitKTest, ChoicesSuitTheDevice) {
  DeviceInfo device = FakeH100();
  // Eight tiles of an output of 7 x 7.
  const TileGrid small = {2, 4, 288, 0};
  const std::vector<int> choices = SplitKChoices(device, small);
  EXPECT_EQ(0, choices[0]);
  const auto has = [&choices](int split_k) {
    return std::find(choices.begin(), choices.end(), split_k) != choices.end();
  };
  EXPECT_TRUE(has(2 * 8));
  EXPECT_TRUE(has(16 * 8));
  EXPECT_TRUE(has(132)) << "a range for each unit";
  for (int split_k : choices) EXPECT_LE(split_k, 4 * 132);
  EXPECT_EQ(std::vector<int>{0}, SplitKChoices(device, {1000, 4, 288, 0})) << "many tiles";
  EXPECT_EQ(std::vector<int>{0}, SplitKChoices(device, {2, 4, 4, 0})) << "short sums";
  device.compute_capability = 61;
  EXPECT_EQ(std::vector<int>{0}, SplitKChoices(device, small)) << "no fence";
  device.vendor = DeviceVendor::kAmd;
  EXPECT_EQ(choices, SplitKChoices(device, small));
  device.compute_units = 8;
  EXPECT_EQ(std::vector<int>{0}, SplitKChoices(device, small)) << "few units";
  device.compute_units = 132;
  device.kind = DeviceKind::kCpu;
  EXPECT_EQ(std::vector<int>{0}, SplitKChoices(device, small));
}

TEST(SplitKTest, RangesAcrossTilesAreOfferedBesideTheBestEstimates) {
  const std::vector<int> offered = OfferedTiles<int>(
      {{3, 3, false}, {1, 10, true}, {2, 2, false}, {0.5, 11, true}, {1, 1, false}}, 2);
  EXPECT_EQ(offered, (std::vector<int>{1, 2, 11}));
  EXPECT_EQ(OfferedTiles<int>({{1, 1, false}}, 2), std::vector<int>{1});
}

}  // namespace
}  // namespace mace
