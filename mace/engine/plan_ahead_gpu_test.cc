// The plan that is made while the device is being opened.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "mace/api/compiled_model.h"
#include "mace/base/start_trace.h"
#include "mace/engine/compiled_model_state.h"
#include "mace/engine/model_state.h"
#include "mace/engine/plan_ahead.h"
#include "mace/kernel/device_info_text.h"
#include "mace/plan/plan.h"
#include "mace/plan/variants.h"
#include "mace/testing/small_model.h"
#include "mace/tune/excluded_records.h"

namespace mace {
namespace {

constexpr char kModel[] = "models/digits/digits.pb";

CompileOptions WithCache(const std::string& name) {
  CompileOptions options;
  options.device = "gpu";
  options.cache.path = testing::TempDir() + name;
  return options;
}

std::shared_ptr<CompiledModel::State> Compile(const CompileOptions& options) {
  const StatusOr<CompiledModel> compiled = CompiledModel::Load(kModel, LoadOptions(), options);
  EXPECT_TRUE(compiled.ok()) << compiled.status().message();
  return compiled.ok() ? CompiledModelAccess::StateOf(*compiled) : nullptr;
}

// Compiles the model, runs nothing, and writes the cache file's records.
std::shared_ptr<CompiledModel::State> CompileAndSave(const CompileOptions& options) {
  std::shared_ptr<CompiledModel::State> state = Compile(options);
  if (state == nullptr) return nullptr;
  EXPECT_TRUE(state->runtime->store()->Flush().ok());
  return state;
}

std::shared_ptr<PlanAhead> PlanFromFile(const CompileOptions& options) {
  const auto model = LoadModelState(kModel, LoadOptions());
  EXPECT_TRUE(model.ok()) << model.status().message();
  const std::unique_ptr<CacheStore> store = CacheStore::Open(options.cache.path);
  return MakePlanAhead(*(*model)->graph, {}, options, store.get());
}

TEST(PlanAhead, IsThePlanThatIsMadeForTheOpenedDevice) {
  const CompileOptions options = WithCache("plan_ahead.bin");
  const auto state = CompileAndSave(options);
  ASSERT_NE(nullptr, state);
  const std::shared_ptr<PlanAhead> ahead = PlanFromFile(options);
  ASSERT_NE(nullptr, ahead);
  EXPECT_TRUE(IsFor(*ahead, state->runtime->device_info(), state->runtime->store()));
  const auto expected = state->PlanFor({state->compiled_dims, OutputSet(), {}});
  ASSERT_TRUE(expected.ok()) << expected.status().message();
  EXPECT_EQ(DumpPlan(*expected->plan->model().plan), DumpPlan(*ahead->made.plan));
}

TEST(PlanAhead, PacksWeightsForDevicesThatUseHostMemory) {
  CompileOptions options = WithCache("plan_ahead_packing.bin");
  const auto state = CompileAndSave(options);
  ASSERT_NE(nullptr, state);
  const std::shared_ptr<PlanAhead> ahead = PlanFromFile(options);
  ASSERT_NE(nullptr, ahead);
  EXPECT_EQ(state->runtime->device_info().is_host(), ahead->packing != nullptr);
  // With a limit that refuses the plan nothing is allocated for it.
  options.limits.host_bytes = 4096;
  const std::shared_ptr<PlanAhead> limited = PlanFromFile(options);
  ASSERT_NE(nullptr, limited);
  EXPECT_EQ(nullptr, limited->packing);
}

TEST(PlanAhead, IsNotMadeWithoutRecords) {
  EXPECT_EQ(nullptr, PlanFromFile(WithCache("plan_ahead_no_such_file.bin")));
  CompileOptions options = WithCache("plan_ahead_specs.bin");
  ASSERT_NE(nullptr, CompileAndSave(options));
  options.device = "gpu:0";  // Nobody opened a device by this name.
  EXPECT_EQ(nullptr, PlanFromFile(options));
  options.device = "gpu";
  options.precision = CompileOptions::Precision::kFloat16;  // There is no record of such a plan.
  EXPECT_EQ(nullptr, PlanFromFile(options));
}

TEST(PlanAhead, IsNotMadeWhereSomethingIsMeasured) {
  CompileOptions options = WithCache("plan_ahead_tuning.bin");
  ASSERT_NE(nullptr, CompileAndSave(options));
  options.tuning = CompileOptions::Tuning::kFast;
  EXPECT_EQ(nullptr, PlanFromFile(options));
}

TEST(PlanAhead, IsOnlyForTheDeviceOfTheRecord) {
  const CompileOptions options = WithCache("plan_ahead_other.bin");
  const auto state = CompileAndSave(options);
  ASSERT_NE(nullptr, state);
  const std::shared_ptr<PlanAhead> ahead = PlanFromFile(options);
  ASSERT_NE(nullptr, ahead);
  DeviceInfo other = state->runtime->device_info();
  other.driver_version += " and newer";
  EXPECT_FALSE(IsFor(*ahead, other, state->runtime->store()));
  other = state->runtime->device_info();
  ++other.compute_units;
  EXPECT_FALSE(IsFor(*ahead, other, state->runtime->store()));
}

// A plan that was made before a variant was excluded is dropped. The next one does without it.
TEST(PlanAhead, IsMadeWithoutExcludedVariants) {
  const CompileOptions options = WithCache("plan_ahead_excluded.bin");
  std::string kind;
  {
    const auto state = CompileAndSave(options);
    ASSERT_NE(nullptr, state);
    CacheStore* const store = state->runtime->store();
    const DeviceInfo& device = state->runtime->device_info();
    const std::shared_ptr<PlanAhead> ahead = PlanFromFile(options);
    ASSERT_NE(nullptr, ahead);
    const auto variants = FindVariants(ahead->made.plan->bound, &device, ahead->made.plan->options);
    ASSERT_TRUE(variants.ok()) << variants.status().message();
    kind = VariantKind(variants->nodes[0].variants[0]);
    ASSERT_TRUE(AddExclusion({kind, "a test"}, TuningRecords(&device, store)).ok());
    EXPECT_FALSE(IsFor(*ahead, device, store));
    ASSERT_TRUE(store->Flush().ok());
  }
  const auto state = CompileAndSave(options);
  ASSERT_NE(nullptr, state);
  const std::shared_ptr<PlanAhead> ahead = PlanFromFile(options);
  ASSERT_NE(nullptr, ahead);
  EXPECT_TRUE(IsFor(*ahead, state->runtime->device_info(), state->runtime->store()));
  EXPECT_EQ(ahead->made.plan->options.excluded.kinds().count(kind), 1u);
  const auto made = state->PlanFor({state->compiled_dims, OutputSet(), {}});
  ASSERT_TRUE(made.ok()) << made.status().message();
  EXPECT_EQ(DumpPlan(*made->plan->model().plan), DumpPlan(*ahead->made.plan));
}

// A file with the records of two devices does not say which one is opened next.
TEST(PlanAhead, IsNotMadeForOneOfTwoDevices) {
  const CompileOptions options = WithCache("plan_ahead_two.bin");
  const auto state = CompileAndSave(options);
  ASSERT_NE(nullptr, state);
  DeviceInfo other = state->runtime->device_info();
  other.name += " of another kind";
  const std::unique_ptr<CacheStore> store = CacheStore::Open(options.cache.path);
  KeepOpenedDevice(options.device, other, store.get());
  ASSERT_TRUE(store->Flush().ok());
  EXPECT_EQ(nullptr, PlanFromFile(options));
}

// The record says more compute units than the device has: the start makes its plan again.
TEST(PlanAhead, AWrongRecordCostsNoAnswer) {
  const CompileOptions options = WithCache("plan_ahead_wrong.bin");
  DeviceInfo device;
  {
    const auto state = CompileAndSave(options);
    ASSERT_NE(nullptr, state);
    device = state->runtime->device_info();
  }
  ++device.compute_units;
  {
    const std::unique_ptr<CacheStore> store = CacheStore::Open(options.cache.path);
    ASSERT_TRUE(store->AddTuning(device, "opened as gpu", DeviceInfoText(device)).ok());
    ASSERT_TRUE(store->Flush().ok());
  }
  ASSERT_NE(nullptr, PlanFromFile(options));
  StatusOr<CompiledModel> compiled = CompiledModel::Load(kModel, LoadOptions(), options);
  ASSERT_TRUE(compiled.ok()) << compiled.status().message();
  StatusOr<Request> request = compiled->NewRequest();
  ASSERT_TRUE(request.ok()) << request.status().message();
  const TensorSpec input = compiled->inputs()[0];
  ASSERT_TRUE(request->Set(input.name, *Tensor::Allocate(input.dtype, input.dims)).ok());
  EXPECT_TRUE(request->Run().ok());
}

// Each start plans and packs on a thread of its own, from one store.
TEST(PlanAhead, SeveralThreadsStartAtOnce) {
  const CompileOptions options = WithCache("plan_ahead_threads.bin");
  ASSERT_NE(nullptr, CompileAndSave(options));
  std::vector<std::thread> threads;
  std::atomic<int> right{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      const auto state = Compile(options);
      if (state != nullptr && state->weights->packings() > 0) ++right;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(4, right);
}

}  // namespace
}  // namespace mace
