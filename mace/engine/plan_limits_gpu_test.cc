// Many input shapes in one compiled model: which plans stay within the limits, and that the
// programs of every shape reach the cache file.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "mace/testing/compiled_graph.h"
#include "mace/testing/small_model.h"
#include "mace/testing/temporary_folder.h"

namespace mace {
namespace {

class PlanLimits : public testing::Test {
 protected:
  void TearDown() override { unsetenv("MACE_REQUIRE_CACHE"); }

  CompiledModel Compile() const { return CompileOrFail(MakeSmallModel(), options_); }

  static void Run(const CompiledModel& compiled, int64_t batch) {
    const HostTensor input = SmallInput(batch, static_cast<uint32_t>(batch));
    const auto outputs = RunOn(compiled, {input});
    ASSERT_TRUE(outputs.ok()) << outputs.status().message();
    EXPECT_TRUE(IsSmallAnswer(input, *outputs)) << "batch " << batch;
  }

  CompileOptions options_;
};

TEST_F(PlanLimits, TheEndOfAModelLosesNothing) {
  const TemporaryFolder folder;
  options_.cache.path = folder.At("cache.bin");
  options_.limits.kept_plans = 1;
  {
    const CompiledModel compiled = Compile();
    for (int64_t batch = 2; batch <= 4; ++batch) Run(compiled, batch);
  }
  setenv("MACE_REQUIRE_CACHE", "1", 1);
  const CompiledModel compiled = Compile();
  for (int64_t batch = 2; batch <= 4; ++batch) Run(compiled, batch);
}

TEST_F(PlanLimits, ThePlanLongestUnusedGoes) {
  options_.limits.kept_plans = 2;
  const CompiledModel compiled = Compile();
  Run(compiled, 1);
  Run(compiled, 2);
  Run(compiled, 1);
  const double two_plans_ms = compiled.statistics().program_ms;
  Run(compiled, 3);  // Evicts the plan of 2.
  const double three_plans_ms = compiled.statistics().program_ms;
  EXPECT_GT(three_plans_ms, two_plans_ms);
  Run(compiled, 1);
  EXPECT_EQ(compiled.statistics().program_ms, three_plans_ms)
      << "the shape last used was planned again";
}

TEST_F(PlanLimits, ThePeakOfDeviceMemoryIsNoSum) {
  options_.limits.kept_plans = 1;
  const CompiledModel compiled = Compile();
  const uint64_t one = compiled.statistics().peak_device_bytes;
  ASSERT_GT(one, 0u);
  for (int64_t batch : {2, 1, 2, 1, 2, 1}) Run(compiled, batch);
  // The new plan is made before the old one is evicted, so both exist for a moment.
  EXPECT_LE(compiled.statistics().peak_device_bytes, 4 * one);
}

// Idle plans are evicted so that a new one keeps the limit.
TEST_F(PlanLimits, PlansGiveWayToTheLimitOfDeviceMemory) {
  const auto bytes_with = [&](int64_t batch) -> uint64_t {
    CompiledModel compiled = Compile();
    EXPECT_TRUE(compiled.Prepare({{"x", SmallShape(batch).dims()}}).ok());
    return compiled.statistics().device_bytes;
  };
  // There is room for two of the seven plans.
  options_.limits.device_bytes = bytes_with(60) + bytes_with(50);
  const CompiledModel compiled = Compile();
  for (int64_t batch : {10, 20, 30, 40, 50, 60}) Run(compiled, batch);
  EXPECT_LE(compiled.statistics().peak_device_bytes, options_.limits.device_bytes);
  EXPECT_LT(compiled.statistics().plans, 7u);
}

TEST_F(PlanLimits, RelativeNamesMeanTheFolderOfTheirTime) {
  const std::filesystem::path before = std::filesystem::current_path();
  const TemporaryFolder one, two;
  options_.cache.path = "relative.bin";
  std::filesystem::current_path(one.path());
  CompiledModel compiled = Compile();
  std::filesystem::current_path(two.path());
  Run(compiled, 1);
  EXPECT_TRUE(compiled.SaveCache().ok());
  // In the second folder the cache file's relative name means another file.
  const CompiledModel other = Compile();
  std::filesystem::current_path(before);
  EXPECT_EQ(other.statistics().cache.status, "cold");
  EXPECT_TRUE(std::filesystem::exists(one.At("relative.bin")));
  EXPECT_TRUE(std::filesystem::is_empty(two.path()));
}

}  // namespace
}  // namespace mace
