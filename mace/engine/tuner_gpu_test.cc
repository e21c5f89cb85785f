// Tuning of compiled models, and the measurements that a cache file keeps.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>

#include "mace/cache/info.h"
#include "mace/cache/store.h"
#include "mace/plan/choose_by_cost.h"
#include "mace/testing/compiled_graph.h"
#include "mace/testing/op_tester.h"
#include "mace/testing/temporary_folder.h"
#include "mace/testing/test_graph.h"
#include "mace/tune/roofline_limits.h"
#include "mace/tune/tuner.h"

namespace mace {
namespace {

// y = softmax(x * b): the product has several variants.
std::shared_ptr<const Graph> MakeGraph(int64_t depth) {
  TestGraph test(Shape{6, depth});
  const ValueId product =
      test.Add("MatMul", "multiply", {test.x(), test.Constant("b", {depth, 8})});
  test.Output("y", test.Add("Softmax", "softmax", {product}, {{"axis", int64_t{-1}}}));
  return std::make_shared<Graph>(std::move(test.graph));
}

using Level = CompileOptions::Tuning;

class TunerTest : public testing::Test {
 protected:
  void SetUp() override { unsetenv("MACE_REQUIRE_CACHE"); }
  void TearDown() override { unsetenv("MACE_REQUIRE_CACHE"); }

  CompileOptions MakeOptions(Level level) const {
    CompileOptions options;
    options.cache.path = file_;
    options.tuning = level;
    return options;
  }

  // Compiles the model, compares its answer with the CPU's, and destroys the model.
  TuningStatistics Start(Level level, int64_t depth = 12) {
    const std::shared_ptr<const Graph> graph = MakeGraph(depth);
    CompiledModel compiled = CompileOrFail(graph, MakeOptions(level));
    CompileOptions cpu;
    cpu.device = "cpu";
    const CompiledModel reference = CompileOrFail(graph, cpu);
    const HostTensor input = RandomTensor({6, depth}, 5);
    for (int run = 0; run < 2; ++run) {
      StatusOr<std::vector<HostTensor>> found = RunOn(compiled, {input});
      StatusOr<std::vector<HostTensor>> expected = RunOn(reference, {input});
      EXPECT_TRUE(found.ok() && expected.ok());
      if (!found.ok() || !expected.ok()) return {};
      for (int64_t i = 0; i < 48; ++i) {
        EXPECT_NEAR((*found)[0].f32()[i], (*expected)[0].f32()[i], 1e-5);
      }
    }
    stats_ = compiled.statistics();
    planned_gflops_ = PlanOf(compiled).options.measured_gflops;
    if (find_peaks_) {
      Runtime* const runtime = CompiledModelAccess::StateOf(compiled)->runtime.get();
      EXPECT_TRUE(FindRooflineLimits(runtime->compiler()).ok());
    }
    EXPECT_TRUE(compiled.SaveCache().ok());
    return stats_.tuning;
  }

  const TemporaryFolder folder_;
  std::string file_ = folder_.At("cache.bin");
  Statistics stats_;
  bool find_peaks_ = false;  // Measures the roofline limits after the runs, as a profile does.
  double planned_gflops_ = 0;
};

// Tests that count measurements tune in full: how many a fast tuning makes depends on the machine.
TEST_F(TunerTest, AWarmStartMeasuresNothing) {
  const TuningStatistics tuned = Start(Level::kFull);
  EXPECT_EQ(tuned.plan, "tuned");
  EXPECT_EQ(tuned.level, "full");
  EXPECT_GE(tuned.measured, 2u);
  EXPECT_EQ(tuned.left, 0u);
  setenv("MACE_REQUIRE_CACHE", "1", 1);
  for (Level level : {Level::kFull, Level::kFast, Level::kNone}) {
    const TuningStatistics recorded = Start(level);
    EXPECT_EQ(recorded.plan, "recorded");
    EXPECT_EQ(recorded.level, "full");
    EXPECT_EQ(recorded.measured, 0u);
    EXPECT_EQ(stats_.cache.built_from_source, 0u);
    EXPECT_EQ(stats_.cache.status, "warm");
  }
}

TEST_F(TunerTest, AnotherModelInTheFileChangesNothing) {
  Start(Level::kFast, 12);
  EXPECT_EQ(Start(Level::kFast, 20).plan, "tuned");
  for (int64_t depth : {12, 20}) {
    EXPECT_EQ(Start(Level::kNone, depth).plan, "recorded");
    EXPECT_EQ(stats_.cache.built_from_source, 0u);
  }
}

TEST_F(TunerTest, EstimatesGoByThePeaksThatTuningMeasures) {
  Start(Level::kFast);
  const double gflops = planned_gflops_;
  EXPECT_GT(gflops, 0);
  Start(Level::kNone, 20);
  EXPECT_EQ(planned_gflops_, gflops) << "a plan that is made by estimates";
}

TEST_F(TunerTest, PeaksThatAreMeasuredLaterDoNotChangeAPlan) {
  Start(Level::kNone, 12);
  find_peaks_ = true;
  Start(Level::kNone, 12);
  find_peaks_ = false;
  Start(Level::kNone, 20);
  EXPECT_GT(planned_gflops_, 0) << "a plan that is new";
  Start(Level::kNone, 12);
  EXPECT_EQ(planned_gflops_, 0);
  EXPECT_EQ(stats_.cache.built_from_source, 0u);
}

TEST_F(TunerTest, WhatTheCacheForbidsToCompileIsNotMeasured) {
  setenv("MACE_REQUIRE_CACHE", "1", 1);
  const Status status = CompileGraph(MakeGraph(12), MakeOptions(Level::kFast)).status();
  EXPECT_EQ(status.code(), StatusCode::kNotFound);
  EXPECT_NE(status.message().find("MACE_REQUIRE_CACHE=1 forbids compiling"), std::string::npos)
      << status.message();
}

TEST_F(TunerTest, WithoutAFileEachStartMeasures) {
  file_.clear();
  for (int start = 0; start < 2; ++start) {
    const TuningStatistics tuned = Start(Level::kFull);
    EXPECT_EQ(tuned.plan, "tuned");
    EXPECT_EQ(tuned.found, 0u);
    EXPECT_GE(tuned.measured, 2u);
  }
}

// The tuner only gives times of variants. Other code makes the choice from these costs.
TEST_F(TunerTest, GivesTheVariantsWithTheirTimes) {
  StatusOr<std::shared_ptr<ClDevice>> device = OpenDevice("gpu");
  ASSERT_TRUE(device.ok()) << device.status().message();
  ProgramCompiler compiler(*device, nullptr);
  StatusOr<BoundGraph> bound = BindGraph(MakeGraph(12));
  ASSERT_TRUE(bound.ok()) << bound.status().message();
  const PlanOptions options;
  StatusOr<GraphVariants> variants = FindVariants(*bound, &(*device)->info(), options);
  ASSERT_TRUE(variants.ok()) << variants.status().message();
  TuningOptions tuning;
  tuning.level = TuningLevel::kFull;
  Tuner tuner(*bound, *variants, options, tuning, &compiler);
  const Status status = tuner.Measure();
  ASSERT_TRUE(status.ok()) << status.message();
  const GraphVariants measured = tuner.Measured();
  ASSERT_EQ(measured.nodes.size(), 2u);
  size_t times = 0;
  for (const NodeVariants& offered : measured.nodes) {
    for (const KernelVariant& variant : offered.variants) times += variant.measured_ms >= 0;
  }
  EXPECT_EQ(times, tuner.stats().measured);
  const std::vector<KernelVariant>& products = measured.nodes[0].variants;
  ASSERT_GE(products.size(), 2u);
  for (const KernelVariant& product : products) EXPECT_GE(product.measured_ms, 0) << product.name;
  for (const KernelVariant& product : variants->nodes[0].variants)
    EXPECT_LT(product.measured_ms, 0);
  const StatusOr<std::unique_ptr<Plan>> plan =
      MakePlan(*bound, measured, ChooseByCost(*bound->graph, measured), options);
  ASSERT_TRUE(plan.ok()) << plan.status().message();
  EXPECT_TRUE((*plan)->placements[0].chosen.measured);
}

// A process that is killed during a report has every reported measurement in the file.
TEST_F(TunerTest, EachMeasurementIsInTheFileBeforeTheNextOne) {
  CompileOptions options = MakeOptions(Level::kFast);
  size_t most = 0;
  options.tuning_progress = [&](const CompileOptions::TuningProgress& progress) {
    size_t variants = 0;
    const StatusOr<CacheFileInfo> info = ReadCacheFileInfo(file_);
    if (info.ok()) {
      for (const TuningRecord& record : info->tuning)
        variants += record.key.compare(0, 4, "way ") == 0;
    }
    EXPECT_GE(variants, progress.done);
    most = std::max(most, variants);
    return true;
  };
  const CompiledModel compiled = CompileOrFail(MakeGraph(12), options);
  EXPECT_GE(most, 2u);
  // The plan is in the file even before its first run.
  const StatusOr<CacheFileInfo> info = ReadCacheFileInfo(file_);
  ASSERT_TRUE(info.ok()) << info.status().message();
  EXPECT_TRUE(std::any_of(info->tuning.begin(), info->tuning.end(), [](const TuningRecord& record) {
    return record.key.compare(0, 5, "plan ") == 0;
  }));
}

// A recorded plan is used unchanged even if some of its nodes run on the CPU.
TEST_F(TunerTest, APlanWithNodesOnTheCpuIsTakenAsItIs) {
  auto graph = std::make_shared<Graph>(*MakeGraph(12));
  const ValueId y = graph->outputs[0].value;
  Node whole, power;
  whole.name = "whole";
  whole.type = "Cast";
  whole.attributes.Set("dtype", std::string("int32"));
  whole.inputs = {y};
  whole.outputs = {graph->AddValue("whole")};
  power.name = "on the CPU";
  power.type = "Eltwise";
  power.attributes.Set("type", int64_t{9});  // No kernel has powers of integers.
  power.attributes.Set("scalar_input", 3.0);
  power.inputs = whole.outputs;
  power.outputs = {graph->AddValue("power")};
  for (const Node& node : {whole, power}) {
    graph->value(node.outputs[0]).info = {DType::kInt32, Shape({6, 8})};
    graph->nodes.push_back(node);
  }
  IoInfo io;
  io.name = "power";
  io.dtype = DType::kInt32;
  io.value = power.outputs[0];
  graph->outputs.push_back(io);
  for (int start = 0; start < 2; ++start) {
    CompiledModel compiled = CompileOrFail(graph, MakeOptions(Level::kFast));
    const Statistics stats = compiled.statistics();
    ASSERT_GT(stats.cpu_nodes, 0u) << "no node is on the CPU";
    EXPECT_EQ(stats.tuning.plan, start == 0 ? "tuned" : "recorded");
    EXPECT_EQ(start == 0, stats.cache.built_from_source > 0);
    ASSERT_TRUE(RunOn(compiled, {RandomTensor({6, 12}, 5)}).ok());
    ASSERT_TRUE(compiled.SaveCache().ok());
  }
}

TEST_F(TunerTest, ProgressIsReportedToItsEnd) {
  CompileOptions options = MakeOptions(Level::kFast);
  std::vector<CompileOptions::TuningProgress> reports;
  options.tuning_progress = [&](const CompileOptions::TuningProgress& progress) {
    reports.push_back(progress);
    return true;
  };
  const CompiledModel compiled = CompileOrFail(MakeGraph(12), options);
  ASSERT_GE(reports.size(), 3u);
  EXPECT_EQ(reports.front().done, 0u);
  EXPECT_EQ(reports.back().done, reports.back().total);
  EXPECT_EQ(reports.back().done, compiled.statistics().tuning.measured);
}

// Records in an unknown form are ignored.
TEST_F(TunerTest, ForeignRecordsAreIgnored) {
  Start(Level::kFull);
  CacheStoreOptions store_options;
  std::unique_ptr<CacheStore> store = CacheStore::Open(file_, store_options);
  StatusOr<CacheFileInfo> info = ReadCacheFileInfo(file_);
  ASSERT_TRUE(info.ok()) << info.status().message();
  ASSERT_GE(info->tuning.size(), 3u);
  for (const TuningRecord& record : info->tuning) {
    const bool plan = record.key.compare(0, 5, "plan ") == 0;
    ASSERT_TRUE(store
                    ->AddTuning(info->devices[record.device].device, record.key,
                                plan ? "fast softmax:0 -" : "soon")
                    .ok());
  }
  ASSERT_TRUE(store->Flush().ok());
  const TuningStatistics tuned = Start(Level::kFull);
  EXPECT_EQ(tuned.plan, "tuned");
  EXPECT_EQ(tuned.found, 0u);
  EXPECT_GE(tuned.measured, 2u);
}

}  // namespace
}  // namespace mace
