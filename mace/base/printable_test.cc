#include "mace/base/printable.h"

#include <gtest/gtest.h>

namespace mace {
namespace {

TEST(EscapeControls, LeavesTextAlone) {
  EXPECT_EQ("", EscapeControls(""));
  EXPECT_EQ("a b~", EscapeControls("a b~"));
  // Two, three and four bytes.
  EXPECT_EQ("caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80",
            EscapeControls("caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80"));
}

TEST(EscapeControls, EscapesControlCharacters) {
  EXPECT_EQ("\\x00\\x07\\x1b[31m\\x7f", EscapeControls(std::string_view("\0\x07\x1b[31m\x7f", 8)));
  EXPECT_EQ("\\x0a\\x0d\\x09", EscapeControls("\n\r\t"));
  EXPECT_EQ("\n\\x0d", EscapeControls("\n\r", LineEnds::kKeep));
  // C1: U+009B begins a control sequence as ESC [ does.
  EXPECT_EQ("\\u009b31m", EscapeControls("\xC2\x9B"
                                         "31m"));
}

TEST(EscapeControls, EscapesWhatChangesTheDirectionOfWriting) {
  EXPECT_EQ("a\\u202eb", EscapeControls("a\xE2\x80\xAE"
                                        "b"));
  EXPECT_EQ("\\u2066\\u2069\\u200f\\u2028\\ufeff",
            EscapeControls("\xE2\x81\xA6\xE2\x81\xA9\xE2\x80\x8F\xE2\x80\xA8\xEF\xBB\xBF"));
}

TEST(EscapeControls, EscapesWhatIsNotUtf8) {
  EXPECT_EQ("\\xff", EscapeControls("\xFF"));
  EXPECT_EQ("\\x9b", EscapeControls("\x9B"));  // A continuation alone.
  EXPECT_EQ("\\xc3", EscapeControls("\xC3"));  // Cut short.
  EXPECT_EQ("\\xc3a", EscapeControls("\xC3"
                                     "a"));
  EXPECT_EQ("\\xc0\\x9b", EscapeControls("\xC0\x9B"));  // ESC in two bytes.
  EXPECT_EQ("\\xe0\\x80\\x9b", EscapeControls("\xE0\x80\x9B"));
  EXPECT_EQ("\\xed\\xa0\\x80", EscapeControls("\xED\xA0\x80"));           // A surrogate.
  EXPECT_EQ("\\xf4\\x90\\x80\\x80", EscapeControls("\xF4\x90\x80\x80"));  // Above U+10FFFF.
}

TEST(CutMiddle, KeepsBothEnds) {
  EXPECT_EQ("short", CutMiddle("short", 16));
  const std::string cut = CutMiddle("begin" + std::string(1000, 'x') + "end", 40);
  EXPECT_LE(cut.size(), 40u);
  EXPECT_EQ(cut.substr(0, 5), "begin");
  EXPECT_EQ(cut.substr(cut.size() - 3), "end");
  EXPECT_NE(cut.find("..."), std::string::npos);
}

TEST(CutMiddle, NeverCutsACodePoint) {
  std::string euros;
  for (int i = 0; i < 100; ++i) euros += "\xE2\x82\xAC";
  for (size_t limit = 16; limit < 64; ++limit) {
    const std::string cut = CutMiddle(euros, limit);
    EXPECT_LE(cut.size(), limit);
    EXPECT_EQ(cut, EscapeControls(cut)) << limit;
  }
  EXPECT_LE(CutMiddle(std::string(100, '\x80'), 20).size(), 28u);
}

}  // namespace
}  // namespace mace
