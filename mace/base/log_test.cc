#include "mace/base/log.h"

#include <gtest/gtest.h>

namespace mace {
namespace {

TEST(LogTest, OneLineWhateverTheMessageHolds) {
  EXPECT_EQ("mace: cache: a b?c", FormatLogLine("cache: a\nb\x1b"
                                                "c"));
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
