#include "mace/base/byte_count.h"

#include <gtest/gtest.h>

namespace mace {
namespace {

TEST(ByteCount, ThePeakIsTheMostAtOnceNotTheSum) {
  const auto count = std::make_shared<ByteCount>();
  { const CountedBytes first(count, 100); }
  EXPECT_EQ(count->now(), 0u);
  const CountedBytes second(count, 70);
  CountedBytes third(count, 20), empty;
  EXPECT_EQ(count->now(), 90u);
  EXPECT_EQ(count->peak(), 100u);
  empty = std::move(third);
  EXPECT_EQ(count->now(), 90u);
  empty = CountedBytes(count, 40);
  EXPECT_EQ(count->now(), 110u);
  EXPECT_EQ(count->peak(), 130u) << "both were there for a moment";
}

}  // namespace
}  // namespace mace
