#include "mace/base/log.h"

#include <gtest/gtest.h>

namespace mace {
namespace {

TEST(LogTest, OneLineWhateverTheMessageHolds) {
  EXPECT_EQ("mace: cache: a b\\x1bc", FormatLogLine("cache: a\nb\x1b"
                                                    "c"));
}

TEST(LogTest, ALineIsBounded) {
  const std::string line = FormatLogLine("model.onnx: node '" + std::string(3000000, '\x1b') +
                                         "': expected an axis below 1, found 5");
  EXPECT_LE(line.size(), kLongestLogLine);
  EXPECT_EQ(line.find("mace: model.onnx: node"), 0u);
  EXPECT_NE(line.find("found 5"), std::string::npos);
}

std::string* kept = nullptr;
void Keep(LogLevel level, const std::string& line) {
  *kept += (level == LogLevel::kWarning ? "warning " : "other ") + line + ";";
}

TEST(LogTest, ASinkTakesTheLines) {
  std::string lines;
  kept = &lines;
  SetLogLevel(LogLevel::kWarning);
  SetLogSink(Keep);
  testing::internal::CaptureStderr();
  Log(LogLevel::kWarning, "one");
  Log(LogLevel::kInfo, "below the threshold");
  SetLogSink(nullptr);
  Log(LogLevel::kWarning, "two");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "mace: two\n");
  EXPECT_EQ(lines, "warning mace: one;");
}

TEST(LogTest, ThresholdIsKept) {
  SetLogLevel(LogLevel::kWarning);
  EXPECT_TRUE(LogEnabled(LogLevel::kError));
  EXPECT_TRUE(LogEnabled(LogLevel::kWarning));
  EXPECT_FALSE(LogEnabled(LogLevel::kInfo));
  testing::internal::CaptureStderr();
  Log(LogLevel::kWarning, "shown");
  Log(LogLevel::kDebug, "hidden");
  SetLogLevel(LogLevel::kDebug);
  Log(LogLevel::kDebug, "shown too");
  EXPECT_EQ("mace: shown\nmace: shown too\n", testing::internal::GetCapturedStderr());
}

}  // namespace
}  // namespace mace
