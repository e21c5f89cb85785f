#include "mace/base/strings.h"

#include <gtest/gtest.h>

namespace mace {
namespace {

TEST(StringsTest, JoinAndSplit) {
  EXPECT_EQ("", Join({}, ", "));
  EXPECT_EQ("a", Join({"a"}, ", "));
  EXPECT_EQ("a, b", Join({"a", "b"}, ", "));
  EXPECT_EQ("1x224", JoinNumbers(std::vector<int>{1, 224}, "x"));
  EXPECT_EQ((std::vector<std::string>{"a", "", "b"}), Split("a,,b", ','));
  EXPECT_EQ((std::vector<std::string>{""}), Split("", ','));
  EXPECT_EQ((std::vector<std::string>{"", ""}), Split(",", ','));
}

TEST(StringsTest, StartsAndEnds) {
  EXPECT_TRUE(StartsWith("abc", "ab"));
  EXPECT_TRUE(StartsWith("abc", ""));
  EXPECT_FALSE(StartsWith("a", "ab"));
  EXPECT_TRUE(EndsWith("abc", "bc"));
  EXPECT_FALSE(EndsWith("c", "bc"));
}

TEST(StringsTest, ContainsAndLowerCase) {
  EXPECT_TRUE(Contains("abc", "bc"));
  EXPECT_TRUE(Contains("", ""));
  EXPECT_FALSE(Contains("abc", "ac"));
  EXPECT_EQ("nvidia h100 \xC3\x84", LowerCase("NVIDIA H100 \xC3\x84"));
}

TEST(StringsTest, PrintableKeepsOneLine) {
  EXPECT_EQ("a\\x0ab\\x1bc", Printable("a\nb\x1b"
                                       "c"));
  EXPECT_EQ("abc...", Printable("abcdef", 3));
  EXPECT_EQ("caf\xC3\xA9", Printable("caf\xC3\xA9"));
  EXPECT_EQ("caf...", Printable("caf\xC3\xA9", 4));  // No half a character.
}

}  // namespace
}  // namespace mace
