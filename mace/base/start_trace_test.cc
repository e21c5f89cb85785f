#include "mace/base/start_trace.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <thread>
#include <vector>

#include "mace/base/clock.h"

namespace mace {
namespace {

// One test in one process: what is recorded belongs to the process.
TEST(StartTrace, RecordsTheFirstPartOfEachNameInAllThreadsAndPrintsIt) {
  setenv("MACE_TRACE_START", "1", 1);
  testing::internal::CaptureStderr();
  const double before = MonotonicMilliseconds();
  {
    ScopedStartPart outer("outer");
    std::thread([] { ScopedStartPart inner("inner"); }).join();
  }
  const double after = MonotonicMilliseconds();
  std::vector<StartPart> parts = StartParts();
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[0].name, "inner");
  EXPECT_EQ(parts[1].name, "outer");
  EXPECT_LE(before, parts[1].begin_ms);
  EXPECT_LE(parts[1].begin_ms, parts[0].begin_ms);
  EXPECT_LE(parts[0].begin_ms, parts[0].end_ms);
  EXPECT_LE(parts[0].end_ms, parts[1].end_ms);
  EXPECT_LE(parts[1].end_ms, after);

  const double start = ProcessStartMilliseconds();
  RecordStartPart("weights", start + 31.2, start + 43.6);
  RecordStartPart("weights", start + 91.2, start + 99.6);
  parts = StartParts();
  ASSERT_EQ(parts.size(), 3u);
  EXPECT_DOUBLE_EQ(parts[2].begin_ms, start + 31.2);
  const std::string lines = testing::internal::GetCapturedStderr();
  EXPECT_NE(lines.find("mace: start: 31.2 to 43.6, 12.4 ms: weights\n"), std::string::npos)
      << lines;
  EXPECT_EQ(lines.find("91.2"), std::string::npos) << lines;
  EXPECT_NE(lines.find(" ms: inner\n"), std::string::npos) << lines;
}

}  // namespace
}  // namespace mace
