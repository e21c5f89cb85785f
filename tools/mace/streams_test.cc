#include "tools/mace/streams.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <string>

namespace mace {
namespace {

// The text that `write` puts into a stream.
template <typename Write>
std::string Written(const Write& write) {
  char* text = nullptr;
  size_t size = 0;
  FILE* out = open_memstream(&text, &size);
  write(out);
  std::fclose(out);
  std::string written(text, size);
  std::free(text);
  return written;
}

TEST(Print, EscapesItsArgumentsAndKeepsItsOwnLines) {
  EXPECT_EQ(Written([](FILE* out) { Print(out, "%s: %d\n%s\n", "node", 3, "caf\xC3\xA9"); }),
            "node: 3\ncaf\xC3\xA9\n");
  EXPECT_EQ(Written([](FILE* out) { Print(out, "a %s b\n", "\x1b]0;title\x07\nsecond\x7f"); }),
            "a \\x1b]0;title\\x07\\x0asecond\\x7f b\n");
  EXPECT_EQ(Written([](FILE* out) { Print(out, "%s\n", "\xC2\x9B \xE2\x80\xAE \xFF"); }),
            "\\u009b \\u202e \\xff\n");
  EXPECT_EQ(Written([](FILE* out) { Print(out, "nothing\n\n"); }), "nothing\n\n");
}

TEST(Print, TakesArgumentsOfAnyLength) {
  const std::string name(3000000, 'x');
  EXPECT_EQ(Written([&](FILE* out) { Print(out, "%s|\n", name.c_str()); }), name + "|\n");
}

TEST(PrintLines, KeepsLineEndsAlone) {
  EXPECT_EQ(Written([](FILE* out) { PrintLines(out, "one\ntwo\x1b\r\n"); }),
            "one\ntwo\\x1b\\x0d\n");
}

}  // namespace
}  // namespace mace
