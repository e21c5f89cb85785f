// Many shapes of inputs in one engine: which plans are kept, and that what was compiled for each
// shape reaches the cache file.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "mace/engine/engine.h"
#include "mace/testing/small_model.h"

namespace mace {
namespace {

class EngineShapes : public testing::Test {
 protected:
  void SetUp() override {
    unsetenv("MACE_REQUIRE_CACHE");
    options_.cache_path = testing::TempDir() + "engine-shapes-" +
                          testing::UnitTest::GetInstance()->current_test_info()->name() + ".bin";
    std::filesystem::remove(options_.cache_path);
  }
  void TearDown() override { unsetenv("MACE_REQUIRE_CACHE"); }

  std::unique_ptr<Engine> Make() const {
    StatusOr<std::unique_ptr<Engine>> engine = Engine::Create(MakeSmallModel(), options_);
    EXPECT_TRUE(engine.ok()) << engine.status().message();
    return engine.ok() ? *std::move(engine) : nullptr;
  }

  static void Run(Engine* engine, int64_t batch) {
    const HostTensor input = SmallInput(batch, static_cast<uint32_t>(batch));
    const auto outputs = engine->Run({input});
    ASSERT_TRUE(outputs.ok()) << outputs.status().message();
    EXPECT_TRUE(IsSmallAnswer(input, *outputs)) << "batch " << batch;
  }

  static size_t Built(const Engine& engine) { return engine.stats().cache.built_from_source; }

  Options options_;
};

TEST_F(EngineShapes, WhatWasCompiledForPlansThatAreGoneReachesTheFile) {
  options_.kept_plans = 2;
  {
    const std::unique_ptr<Engine> engine = Make();
    ASSERT_NE(engine, nullptr);
    for (int64_t batch = 1; batch <= 6; ++batch) Run(engine.get(), batch);
    ASSERT_GT(Built(*engine), 0u);
    ASSERT_TRUE(engine->FinishCache().ok());
  }
  setenv("MACE_REQUIRE_CACHE", "1", 1);
  const std::unique_ptr<Engine> engine = Make();
  ASSERT_NE(engine, nullptr);
  for (int64_t batch = 1; batch <= 6; ++batch) Run(engine.get(), batch);
  EXPECT_EQ(Built(*engine), 0u);
}

TEST_F(EngineShapes, ADestructorLosesNothingEither) {
  options_.kept_plans = 1;
  {
    const std::unique_ptr<Engine> engine = Make();
    ASSERT_NE(engine, nullptr);
    for (int64_t batch = 2; batch <= 4; ++batch) Run(engine.get(), batch);
  }
  setenv("MACE_REQUIRE_CACHE", "1", 1);
  const std::unique_ptr<Engine> engine = Make();
  ASSERT_NE(engine, nullptr);
  for (int64_t batch = 2; batch <= 4; ++batch) Run(engine.get(), batch);
}

// The plan of the declared shape is compiled and never run.
TEST_F(EngineShapes, AShapeThatNeverRanIsFinishedForTheFile) {
  {
    const std::unique_ptr<Engine> engine = Make();
    ASSERT_NE(engine, nullptr);
    ASSERT_TRUE(engine->FinishCache().ok());
  }
  setenv("MACE_REQUIRE_CACHE", "1", 1);
  const std::unique_ptr<Engine> engine = Make();
  ASSERT_NE(engine, nullptr);
  EXPECT_EQ(engine->stats().cache.status, "warm");
  Run(engine.get(), 1);
}

TEST_F(EngineShapes, ThePlanLongestUnusedGoes) {
  options_.cache_path.clear();
  options_.kept_plans = 2;
  const std::unique_ptr<Engine> engine = Make();
  ASSERT_NE(engine, nullptr);
  Run(engine.get(), 1);
  Run(engine.get(), 2);
  Run(engine.get(), 1);
  const double two_plans_ms = engine->stats().program_ms;
  Run(engine.get(), 3);  // In the place of 2.
  const double three_plans_ms = engine->stats().program_ms;
  EXPECT_GT(three_plans_ms, two_plans_ms);
  Run(engine.get(), 1);
  EXPECT_EQ(engine->stats().program_ms, three_plans_ms) << "the shape last used was planned anew";
}

TEST_F(EngineShapes, ThePeakOfDeviceMemoryIsNoSum) {
  options_.cache_path.clear();
  options_.kept_plans = 1;
  const std::unique_ptr<Engine> engine = Make();
  ASSERT_NE(engine, nullptr);
  const size_t one = engine->stats().peak_device_bytes;
  ASSERT_GT(one, 0u);
  for (int64_t batch : {2, 1, 2, 1, 2, 1}) Run(engine.get(), batch);
  // A new plan is made before the old one goes, so that two are there for a moment.
  EXPECT_LE(engine->stats().peak_device_bytes, 4 * one);
}

// Plans that nobody uses at the moment make room for a new one within the limit.
TEST_F(EngineShapes, PlansGiveWayToTheLimitOfDeviceMemory) {
  options_.cache_path.clear();
  const auto bytes_of = [&](int64_t batch) -> size_t {
    options_.input_shapes["x"] = SmallShape(batch).dims();
    const std::unique_ptr<Engine> engine = Make();
    return engine == nullptr ? 0 : engine->stats().peak_device_bytes;
  };
  // Room for the two largest plans, of six that an engine would keep.
  options_.device_memory_limit = 0;
  const uint64_t limit = bytes_of(60) + bytes_of(50);
  options_.input_shapes.clear();
  options_.device_memory_limit = limit;
  const std::unique_ptr<Engine> engine = Make();
  ASSERT_NE(engine, nullptr);
  for (int64_t batch : {10, 20, 30, 40, 50, 60}) Run(engine.get(), batch);
  EXPECT_LE(engine->stats().peak_device_bytes, limit);
}

TEST_F(EngineShapes, RelativeNamesMeanTheFolderOfTheirTime) {
  const std::filesystem::path before = std::filesystem::current_path();
  const std::filesystem::path one = testing::TempDir() + "one", two = testing::TempDir() + "two";
  for (const auto& folder : {one, two}) {
    std::filesystem::remove_all(folder);
    std::filesystem::create_directory(folder);
  }
  options_.cache_path = "relative.bin";
  std::filesystem::current_path(one);
  std::unique_ptr<Engine> engine = Make();
  std::filesystem::current_path(two);
  ASSERT_NE(engine, nullptr);
  Run(engine.get(), 1);
  EXPECT_TRUE(engine->FinishCache().ok());
  // The same name is another file now.
  const std::unique_ptr<Engine> other = Make();
  std::filesystem::current_path(before);
  ASSERT_NE(other, nullptr);
  EXPECT_EQ(other->stats().cache.status, "cold");
  EXPECT_TRUE(std::filesystem::exists(one / "relative.bin"));
  EXPECT_TRUE(std::filesystem::is_empty(two));
}

}  // namespace
}  // namespace mace
