#include "tools/mace/progress.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace mace {
namespace {

ProgressState State(const std::string& what, size_t done, size_t total,
                    const std::string& detail = "") {
  return {what, detail, done + 1, done, total, 1000};
}

TEST(ProgressLine, SaysWhatIsDoneAndForHowLong) {
  EXPECT_EQ(ProgressLine({State("validating", 3, 12, "case 4")}, 3500, 80, false),
            "validating [######..................] 3 of 12, 2.5 s: case 4");
  EXPECT_EQ(ProgressLine({State("compiling", 0, 0, "digits.pb")}, 1000, 80, false),
            "compiling, 0.0 s: digits.pb");
  EXPECT_EQ(ProgressLine({State("validating", 12, 12)}, 1000, 80, false),
            "validating [########################] 12 of 12, 0.0 s");
}

TEST(ProgressLine, IsThatOfTheInnermostScopeWithATotal) {
  const std::vector<ProgressState> scopes = {State("validating", 1, 2, "case 2"),
                                             State("compiling", 0, 0, "model.onnx")};
  EXPECT_EQ(ProgressLine(scopes, 1000, 90, false),
            "validating [############............] 1 of 2, 0.0 s: compiling: case 2");
  EXPECT_EQ(
      ProgressLine({State("compiling", 0, 0), State("tuning variants", 1, 4)}, 1000, 90, false),
      "tuning variants [######..................] 1 of 4, 0.0 s");
}

TEST(ProgressLine, FitsTheTerminal) {
  const std::string name = "caf\xC3\xA9/" + std::string(500, 'x');
  for (size_t width = 1; width < 200; ++width) {
    const std::string line = ProgressLine({State("validating", 3, 12, name)}, 1000, width, false);
    size_t columns = 0;
    for (const char c : line) columns += (c & 0xC0) != 0x80;
    EXPECT_LE(columns, width) << line;
    EXPECT_FALSE(line.empty());
  }
  // Without room for it, the bar goes first.
  EXPECT_EQ(ProgressLine({State("validating", 3, 12, name)}, 1000, 20, false), "validating, 0.0 s");
}

TEST(ProgressLine, TakesNoCommandFromANameOfAFile) {
  const std::string line = ProgressLine({State("compiling", 0, 0, "\x1b[2Jx\ny")}, 1000, 80, true);
  for (const char c : line) EXPECT_GE(static_cast<unsigned char>(c), 0x20) << line;
}

TEST(ProgressLine, IsColouredOnlyWhereItIsAskedFor) {
  const ProgressState state = State("validating", 1, 2);
  EXPECT_NE(ProgressLine({state}, 1000, 80, true).find("\x1b[32m############\x1b[0m"),
            std::string::npos);
  EXPECT_EQ(ProgressLine({state}, 1000, 80, false).find('\x1b'), std::string::npos);
}

// Nothing has called ShowProgress: scopes cost nothing and draw nothing.
TEST(ScopedProgress, IsSilentUnlessBarsAreShown) {
  testing::internal::CaptureStderr();
  {
    ScopedProgress outer("validating", 2);
    outer.Begin("one");
    ScopedProgress inner("compiling");
    UpdateProgress("tuning variants", 1, 2);
    EraseProgress("text\n");
  }
  UpdateProgress("tuning variants", 2, 2);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace mace
