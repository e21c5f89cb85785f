#include "mace/execute/weight_store.h"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

namespace mace {
namespace {

// Weights of four elements each, with these identities.
Plan MakePlan(const std::vector<std::string>& identities) {
  Plan plan;
  for (const std::string& identity : identities) {
    PackedWeights weights;
    weights.elements = 4;
    weights.keep_float32 = true;
    plan.weights.push_back(weights);
    plan.weight_identities.push_back(identity);
  }
  return plan;
}

// Counts the requests, and makes nothing on any device.
class Maker {
 public:
  WeightStore::Maker make() {
    return [this](const std::vector<size_t>& indices, const WeightStore::Weights&) {
      for (size_t index : indices) made_.push_back(index);
      return status_;
    };
  }
  void Fail(const Status& status) { status_ = status; }
  const std::vector<size_t>& made() const { return made_; }

 private:
  std::vector<size_t> made_;
  Status status_;
};

using Indices = std::vector<size_t>;

TEST(WeightStore, WhatAnotherPlanHasIsNotMadeAgain) {
  WeightStore store;
  Maker first, second;
  const Plan a = MakePlan({"p", "q"}), b = MakePlan({"r", "q", "p"});
  const auto of_a = store.Get(a, first.make());
  ASSERT_TRUE(of_a.ok());
  EXPECT_EQ((Indices{0, 1}), first.made());
  EXPECT_EQ(2u * 4 * sizeof(float), store.BytesOf(b));
  const auto of_b = store.Get(b, second.make());
  ASSERT_TRUE(of_b.ok());
  EXPECT_EQ(Indices{0}, second.made());
  EXPECT_EQ((*of_a)[0], (*of_b)[2]);
  EXPECT_EQ((*of_a)[1], (*of_b)[1]);
  EXPECT_EQ(3u, store.packings());
}

TEST(WeightStore, OneOfSeveralInAPlanIsMadeOnce) {
  WeightStore store;
  Maker maker;
  const Plan plan = MakePlan({"p", "p"});
  const auto weights = store.Get(plan, maker.make());
  ASSERT_TRUE(weights.ok());
  EXPECT_EQ(Indices{0}, maker.made());
  EXPECT_EQ((*weights)[0], (*weights)[1]);
  // Both the plan's need and the bytes that are there count a shared weight once.
  EXPECT_EQ(4 * sizeof(float), MemoryUseOf(plan).weight_bytes);
  EXPECT_EQ(4 * sizeof(float), store.BytesOf(plan));
}

TEST(WeightStore, WhatDiffersInAnythingIsNotShared) {
  WeightStore store;
  Maker maker;
  Plan plan = MakePlan({"p", "p", "p", "", ""});
  plan.weights[1].keep_float32 = false;
  plan.weights[2].elements = 8;
  ASSERT_TRUE(store.Get(plan, maker.make()).ok());
  EXPECT_EQ((Indices{0, 1, 2, 3, 4}), maker.made()) << "without an identity nothing is shared";
  Plan without = MakePlan({"p"});
  without.weight_identities.clear();
  EXPECT_EQ(0u, store.BytesOf(without));
  ASSERT_TRUE(store.Get(without, maker.make()).ok());
  EXPECT_EQ(6u, maker.made().size());
}

TEST(WeightStore, WhatNoPlanUsesIsGone) {
  WeightStore store;
  Maker maker;
  const Plan plan = MakePlan({"p", "q"});
  { ASSERT_TRUE(store.Get(plan, maker.make()).ok()); }
  EXPECT_EQ(0u, store.BytesOf(plan));
  EXPECT_EQ(0u, store.bytes());
  ASSERT_TRUE(store.Get(plan, maker.make()).ok());
  EXPECT_EQ((Indices{0, 1, 0, 1}), maker.made());
}

TEST(WeightStore, AFailureLeavesNothingBehind) {
  WeightStore store;
  Maker maker;
  const auto kept = store.Get(MakePlan({"p"}), maker.make());
  ASSERT_TRUE(kept.ok());
  Maker failing;
  failing.Fail(ResourceExhausted("no memory"));
  const Plan plan = MakePlan({"p", "q"});
  EXPECT_EQ(StatusCode::kResourceExhausted, store.Get(plan, failing.make()).status().code());
  EXPECT_EQ(Indices{1}, failing.made());
  Maker again;
  const auto weights = store.Get(plan, again.make());
  ASSERT_TRUE(weights.ok());
  EXPECT_EQ(Indices{1}, again.made());
  EXPECT_EQ((*kept)[0], (*weights)[0]);
}

TEST(WeightStore, WhoWaitsForAFailureMakesItItself) {
  WeightStore store;
  const Plan plan = MakePlan({"p"});
  std::atomic<bool> has_begun{false}, may_end{false};
  std::thread failing([&] {
    const auto failed =
        store.Get(plan, [&](const std::vector<size_t>& indices, const WeightStore::Weights&) {
          has_begun = !indices.empty();
          while (!may_end) std::this_thread::yield();
          return Internal("refused");
        });
    EXPECT_EQ(StatusCode::kInternal, failed.status().code());
  });
  while (!has_begun) std::this_thread::yield();
  std::atomic<int> calls{0};
  std::thread waiting([&] {
    const auto weights =
        store.Get(plan, [&](const std::vector<size_t>& indices, const WeightStore::Weights&) {
          // At first other threads are making all of them.
          EXPECT_EQ(calls++ == 0 ? 0u : 1u, indices.size());
          if (indices.empty()) may_end = true;
          return Status();
        });
    EXPECT_TRUE(weights.ok());
  });
  failing.join();
  waiting.join();
  EXPECT_EQ(2, calls);
  EXPECT_EQ(1u, store.packings());
}

TEST(WeightStore, ThreadsMakeEachOnce) {
  WeightStore store;
  std::atomic<int> made{0};
  std::vector<std::thread> threads;
  std::vector<WeightStore::Weights> results(8);
  for (size_t t = 0; t < results.size(); ++t) {
    threads.emplace_back([&, t] {
      const Plan plan = t % 2 == 0 ? MakePlan({"a", "b", "c"}) : MakePlan({"c", "d", "a"});
      const auto weights =
          store.Get(plan, [&](const std::vector<size_t>& indices, const WeightStore::Weights&) {
            made += static_cast<int>(indices.size());
            std::this_thread::yield();
            return Status();
          });
      ASSERT_TRUE(weights.ok());
      results[t] = *weights;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(4, made);
  EXPECT_EQ(results[0][0], results[7][2]);
}

}  // namespace
}  // namespace mace
