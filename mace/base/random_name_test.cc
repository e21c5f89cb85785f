#include "mace/base/random_name.h"

#include <gtest/gtest.h>

namespace mace {
namespace {

TEST(RandomNameTest, NoTwoAreTheSameAndAllAreKnownAgain) {
  const StatusOr<std::string> a = MakeRandomName(), b = MakeRandomName();
  ASSERT_TRUE(a.ok() && b.ok());
  EXPECT_NE(*a, *b);
  EXPECT_TRUE(IsRandomName(*a));
  EXPECT_FALSE(IsRandomName(*a + "0"));
  EXPECT_FALSE(IsRandomName(a->substr(1)));
  EXPECT_FALSE(IsRandomName(a->substr(1) + "x"));
  EXPECT_FALSE(IsRandomName(""));
}

}  // namespace
}  // namespace mace
