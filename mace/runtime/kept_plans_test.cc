#include "mace/runtime/kept_plans.h"

#include <gtest/gtest.h>

namespace mace {
namespace {

std::vector<TensorInfo> Batch(int64_t count) { return {{DType::kFloat32, Shape({count, 4})}}; }

std::unique_ptr<PlannedModel> MakePlan(int64_t batch, uint64_t bytes = 1) {
  auto plan = std::make_unique<PlannedModel>();
  plan->inputs = Batch(batch);
  plan->host_bytes = bytes;
  return plan;
}

std::vector<int64_t> BatchesOf(const KeptPlans::Plans& plans) {
  std::vector<int64_t> batches;
  for (const auto& plan : plans) batches.push_back(plan->inputs[0].shape.dims()[0]);
  return batches;
}

using Batches = std::vector<int64_t>;

TEST(KeptPlans, TheOneLongestUnusedGoesFirst) {
  KeptPlans plans;
  plans.set_limits({3, UINT64_MAX});
  EXPECT_EQ(plans.current(), nullptr);
  for (int64_t batch : {1, 2, 3}) plans.Add(MakePlan(batch));
  EXPECT_NE(plans.Use(Batch(1)), nullptr);
  EXPECT_EQ(plans.Use(Batch(4)), nullptr);
  EXPECT_EQ(BatchesOf(plans.all()), (Batches{1, 3, 2}));
  EXPECT_EQ(BatchesOf(plans.TakeSurplus(1)), Batches{2});
  plans.Add(MakePlan(4));
  EXPECT_EQ(BatchesOf(plans.all()), (Batches{4, 1, 3}));
  EXPECT_TRUE(plans.TakeSurplus(0).empty());
}

TEST(KeptPlans, BytesAreBoundedToo) {
  KeptPlans plans;
  plans.set_limits({16, 100});
  for (int64_t batch : {1, 2, 3}) plans.Add(MakePlan(batch, 40));
  EXPECT_EQ(BatchesOf(plans.TakeSurplus(0)), Batches{1});
  plans.Add(MakePlan(4, 1000));
  EXPECT_EQ(BatchesOf(plans.TakeSurplus(0)), (Batches{3, 2})) << "the last one used stays";
  EXPECT_EQ(BatchesOf(plans.all()), Batches{4});
}

TEST(KeptPlans, ThePlanInUseStaysWhateverTheLimit) {
  KeptPlans plans;
  plans.set_limits({1, UINT64_MAX});
  plans.Add(MakePlan(1));
  EXPECT_TRUE(plans.TakeSurplus(1).empty());
  plans.Add(MakePlan(2));
  EXPECT_EQ(BatchesOf(plans.TakeSurplus(0)), Batches{1});
  EXPECT_TRUE(plans.TakeOthers().empty());
}

}  // namespace
}  // namespace mace
