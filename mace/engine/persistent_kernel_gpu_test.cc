// On the device at hand, the persistent kernel gives the same bits as separate launches, run after
// run and on several threads. A device without persistent kernels uses launches both times.
#include <gtest/gtest.h>

#include <cstring>
#include <thread>

#include "mace/testing/compiled_graph.h"
#include "mace/testing/op_tester.h"
#include "mace/testing/test_graph.h"

namespace mace {
namespace {

// x [2, 9, 7, 5]: convolutions 3x3 and 1x1 with a residual, then a softmax over the channels. The
// last sum and the softmax are outputs.
std::shared_ptr<const Graph> MakeGraph() {
  TestGraph test(Shape{2, 9, 7, 5});
  ValueId last = test.AddConvolution("conv0", test.x(), {19, 5, 3, 3}, 0);
  for (uint32_t i = 1; i < 4; ++i) {
    const int64_t kernel = i % 2 == 0 ? 3 : 1;
    const std::string number = std::to_string(i);
    const ValueId made = test.AddConvolution("conv" + number, last, {19, 19, kernel, kernel}, i);
    const int64_t type = i % 2 == 0 ? 0 : 5;  // Sum or maximum.
    last = test.Add("Eltwise", "sum" + number, {last, made}, {{"type", type}});
  }
  test.Output("sum", last);
  test.Output("softmax", test.Add("Softmax", "softmax", {last}));
  return std::make_shared<Graph>(std::move(test.graph));
}

using Precision = CompileOptions::Precision;

CompiledModel Compile(bool separate, Precision precision) {
  CompileOptions options;
  options.storage = CompileOptions::Storage::kBuffer;
  options.precision = precision;
  options.separate_launches = separate;
  return CompileOrFail(MakeGraph(), options);
}

HostTensor Input(uint32_t seed) { return RandomTensor({2, 9, 7, 5}, seed); }

bool SameBits(const std::vector<HostTensor>& a, const std::vector<HostTensor>& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i].bytes().size() != b[i].bytes().size() ||
        std::memcmp(a[i].bytes().data(), b[i].bytes().data(), a[i].bytes().size()) != 0) {
      return false;
    }
  }
  return true;
}

class PersistentKernelTest : public testing::TestWithParam<Precision> {};

TEST_P(PersistentKernelTest, GivesTheBitsOfSeparateLaunches) {
  const CompiledModel persistent = Compile(false, GetParam()), separate = Compile(true, GetParam());
  EXPECT_TRUE(PlanOf(separate).persistent_launches.empty());
  if (!PlanOf(persistent).persistent_launches.empty()) {
    EXPECT_LT(persistent.statistics().launches_per_run, separate.statistics().launches_per_run);
  }
  for (uint32_t seed = 1; seed <= 7; ++seed) {
    auto a = RunOn(persistent, {Input(seed)}), b = RunOn(separate, {Input(seed)});
    ASSERT_TRUE(a.ok()) << a.status().message();
    ASSERT_TRUE(b.ok()) << b.status().message();
    EXPECT_TRUE(SameBits(*a, *b)) << "run " << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(Precisions, PersistentKernelTest,
                         testing::Values(Precision::kFloat32, Precision::kFloat16));

// More work-groups wait than the device has compute units.
TEST(PersistentKernel, ModelsRunAtOnce) {
  constexpr int kModels = 3, kRuns = 20;
  std::vector<CompiledModel> models;
  for (int i = 0; i < kModels; ++i) models.push_back(Compile(false, Precision::kFloat32));
  const auto expected = RunOn(models[0], {Input(1)});
  ASSERT_TRUE(expected.ok());
  std::vector<int> right(kModels);
  std::vector<std::thread> threads;
  for (int i = 0; i < kModels; ++i) {
    threads.emplace_back([&, i] {
      for (int run = 0; run < kRuns; ++run) {
        const auto outputs = RunOn(models[static_cast<size_t>(i)], {Input(1)});
        right[static_cast<size_t>(i)] += outputs.ok() && SameBits(*outputs, *expected);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int count : right) EXPECT_EQ(count, kRuns);
}

}  // namespace
}  // namespace mace
