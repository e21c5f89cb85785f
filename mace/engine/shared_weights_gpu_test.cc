// Plans of one compiled model share packed weights on the device and constants on the host.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "mace/api/compiled_model.h"
#include "mace/engine/compiled_model_state.h"
#include "mace/engine/tensor_access.h"
#include "mace/plan/memory.h"
#include "mace/testing/convolution_model.h"
#include "mace/testing/temporary_folder.h"

namespace mace {
namespace {

// The weights of the plans, alone and together.
struct WeightUse {
  uint64_t packings = 0;  // Distinct packings that the plans need.
  uint64_t bytes = 0;     // The bytes of those packings.
  uint64_t weights = 0;   // The weights of all plans, shared ones counted each time.
};

WeightUse UseOf(const CompiledModel& compiled) {
  WeightUse use;
  std::set<std::tuple<std::string, size_t, bool>> known;
  for (const auto& shared : CompiledModelAccess::StateOf(compiled)->plans.All()) {
    const Plan& plan = *shared->model().plan;
    use.weights += plan.weights.size();
    for (size_t i = 0; i < plan.weights.size(); ++i) {
      const PackedWeights& weights = plan.weights[i];
      const std::string& identity = plan.weight_identities[i];
      EXPECT_FALSE(identity.empty()) << weights.name;
      if (!known.emplace(identity, weights.elements, weights.keep_float32).second) continue;
      ++use.packings;
      use.bytes += WeightBytes(weights);
    }
  }
  return use;
}

uint64_t ActivationBytes(const CompiledModel& compiled) {
  uint64_t bytes = 0;
  for (const auto& plan : CompiledModelAccess::StateOf(compiled)->plans.All()) {
    bytes += plan->bytes();
  }
  return bytes;
}

const WeightStore& StoreOf(const CompiledModel& compiled) {
  return *CompiledModelAccess::StateOf(compiled)->weights;
}

class SharedWeights : public testing::Test {
 protected:
  void SetUp() override {
    options_.cache.path = folder_.At("cache.bin");
    options_.limits.kept_plans = 64;
  }

  CompiledModel Compile(const std::shared_ptr<const Graph>& graph) const {
    const auto made = CompiledModel::Compile(ModelAccess::FromGraph(graph), options_);
    EXPECT_TRUE(made.ok()) << made.status().message();
    return made.ok() ? *made : CompiledModel();
  }
  // The model on the CPU reference.
  static CompiledModel Reference(const std::shared_ptr<const Graph>& graph) {
    CompileOptions options;
    options.device = "cpu";
    const auto made = CompiledModel::Compile(ModelAccess::FromGraph(graph), options);
    EXPECT_TRUE(made.ok()) << made.status().message();
    return made.ok() ? *made : CompiledModel();
  }
  static HostTensor Run(CompiledModel compiled, const HostTensor& input) {
    StatusOr<Request> request = compiled.NewRequest();
    EXPECT_TRUE(request.ok()) << request.status().message();
    if (!request.ok()) return HostTensor();
    EXPECT_TRUE(request->Set(0, TensorAccess::FromHost(input)).ok());
    const Status status = request->Run();
    EXPECT_TRUE(status.ok()) << status.message();
    return status.ok() ? TensorAccess::ToHost(*request->Get(0)) : HostTensor();
  }
  static void ExpectRight(const CompiledModel& compiled, const CompiledModel& reference,
                          const HostTensor& input) {
    const HostTensor expected = Run(reference, input), found = Run(compiled, input);
    ASSERT_EQ(expected.shape(), found.shape());
    EXPECT_EQ("", DescribeErrors(expected, found, 1e-4f)) << input.shape().ToString();
  }
  static HostTensor Input(int64_t batch) {
    return RandomTensor(ConvolutionInput(batch), static_cast<uint32_t>(batch));
  }

  const TemporaryFolder folder_;
  CompileOptions options_;
};

constexpr int64_t kBatches = 48;

TEST_F(SharedWeights, ManyBatchesAddActivationsAlone) {
  const std::shared_ptr<const Graph> graph = MakeConvolutionModel();
  const CompiledModel reference = Reference(graph);
  for (const bool is_second : {false, true}) {
    CompiledModel compiled = Compile(graph);
    const uint64_t first_packings = StoreOf(compiled).packings();
    const uint64_t first_bytes = StoreOf(compiled).bytes();
    EXPECT_GT(first_packings, 0u);
    for (int64_t batch = 1; batch <= kBatches; ++batch) {
      ExpectRight(compiled, reference, Input(batch));
      const WeightUse use = UseOf(compiled);
      ASSERT_EQ(use.packings, StoreOf(compiled).packings()) << "each is packed once";
      ASSERT_EQ(use.bytes, StoreOf(compiled).bytes());
      ASSERT_EQ(use.bytes + ActivationBytes(compiled), compiled.statistics().device_bytes);
    }
    ASSERT_EQ(static_cast<size_t>(kBatches), compiled.statistics().plans);
    // A batch may use other variants, whose packings differ.
    EXPECT_LE(StoreOf(compiled).packings(), 5 * first_packings);
    EXPECT_LE(StoreOf(compiled).bytes(), 5 * first_bytes);
    EXPECT_GE(UseOf(compiled).weights, static_cast<uint64_t>(kBatches) * first_packings / 2);
    if (is_second) {
      EXPECT_EQ(0u, compiled.statistics().cache.built_from_source);
    }
    ASSERT_TRUE(compiled.SaveCache().ok());
  }
}

TEST_F(SharedWeights, WhatNoKeptPlanUsesGoes) {
  options_.limits.kept_plans = 1;
  options_.cache.path = "";
  CompiledModel compiled = Compile(MakeConvolutionModel());
  uint64_t most = 0;
  for (int64_t batch : {1, 48, 7, 32, 1}) {
    ASSERT_TRUE(compiled.Prepare({{"x", ConvolutionInput(batch).dims()}}).ok());
    EXPECT_EQ(1u, compiled.statistics().plans);
    EXPECT_EQ(UseOf(compiled).bytes, StoreOf(compiled).bytes());
    EXPECT_EQ(UseOf(compiled).bytes + ActivationBytes(compiled),
              compiled.statistics().device_bytes);
    most = std::max<uint64_t>(most, compiled.statistics().device_bytes);
  }
  EXPECT_LT(compiled.statistics().device_bytes, most) << "the batch of 48 is gone";
  EXPECT_GE(compiled.statistics().peak_device_bytes, most);
}

TEST_F(SharedWeights, ConstantsThatDependOnTheShapeStayApart) {
  const std::shared_ptr<const Graph> graph = MakeModelWithFilterOfShape();
  const CompiledModel compiled = Compile(graph), reference = Reference(graph);
  for (int64_t batch : {1, 2, 3, 2, 5, 1}) {
    ExpectRight(compiled, reference,
                RandomTensor(Shape({batch, 6, 6, 8}), static_cast<uint32_t>(batch)));
  }
  EXPECT_EQ(4u, compiled.statistics().plans);
}

TEST_F(SharedWeights, ThreadsThatPrepareShapesPackEachOnce) {
  const std::shared_ptr<const Graph> graph = MakeConvolutionModel();
  const CompiledModel reference = Reference(graph);
  CompiledModel compiled = Compile(graph);
  std::atomic<int> ready{0};
  constexpr int kThreads = 6;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      ++ready;
      while (ready < kThreads) std::this_thread::yield();
      CompiledModel mine = compiled;
      const Status prepared = mine.Prepare({{"x", ConvolutionInput(2 + 3 * t).dims()}});
      EXPECT_TRUE(prepared.ok()) << prepared.message();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(static_cast<size_t>(kThreads + 1), compiled.statistics().plans);
  EXPECT_EQ(UseOf(compiled).packings, StoreOf(compiled).packings());
  EXPECT_EQ(UseOf(compiled).bytes, StoreOf(compiled).bytes());
  for (int t = 0; t < kThreads; ++t) ExpectRight(compiled, reference, Input(2 + 3 * t));
}

TEST_F(SharedWeights, APlanThatFindsNoRoomBreaksNone) {
  options_.cache.path = "";
  const std::shared_ptr<const Graph> graph = MakeConvolutionModel();
  const CompiledModel reference = Reference(graph);
  uint64_t of_four = 0;
  {
    CompiledModel measured = Compile(graph);
    ASSERT_TRUE(measured.Prepare({{"x", ConvolutionInput(4).dims()}}).ok());
    of_four = measured.statistics().device_bytes;
  }
  // There is room for the activations of both plans and one set of weights.
  options_.limits.device_bytes = of_four + 4096;
  CompiledModel compiled = Compile(graph);
  ExpectRight(compiled, reference, Input(4));
  EXPECT_EQ(2u, compiled.statistics().plans);
  EXPECT_EQ(StatusCode::kResourceExhausted,
            compiled.Prepare({{"x", ConvolutionInput(512).dims()}}).code());
  for (int64_t batch : {4, 1}) ExpectRight(compiled, reference, Input(batch));
  EXPECT_EQ(UseOf(compiled).bytes, StoreOf(compiled).bytes());
}

TEST_F(SharedWeights, TheHostConvertsConstantsOnce) {
  ModelInCode model;
  ValueId x = model.Input(Shape({1, 1024}));
  HostTensor weights = *RandomTensor(Shape({1024, 1024}), 5).ConvertTo(DType::kFloat16);
  weights.set_identity(StoredIdentity("test", "weights"));
  x = model.Add("MatMul", {x, model.Constant(weights)});
  options_.device = "cpu";
  CompiledModel compiled = Compile(model.Finish(x));
  const auto& budget = CompiledModelAccess::StateOf(compiled)->host_budget;
  const uint64_t before = budget->used();
  EXPECT_GE(before, 4u << 20);
  ASSERT_TRUE(compiled.Prepare({{"x", {2, 1024}}}).ok());
  EXPECT_EQ(2u, compiled.statistics().plans);
  EXPECT_LT(budget->used(), before + (1 << 20));
}

}  // namespace
}  // namespace mace
