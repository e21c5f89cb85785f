// A plan whose measurements ask for CLBlast, on the device at hand.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <cmath>

#include "mace/runtime/session.h"
#include "mace/testing/op_tester.h"

namespace mace {
namespace {

class LibraryCallTest : public testing::Test {
 protected:
  void SetUp() override {
    unsetenv("MACE_REQUIRE_CACHE");
    StatusOr<std::shared_ptr<ClDevice>> device = OpenDevice("gpu");
    ASSERT_TRUE(device.ok()) << device.status().message();
    compiler_ = std::make_unique<ProgramCompiler>(*device, nullptr);
  }
  void TearDown() override { unsetenv("MACE_REQUIRE_CACHE"); }

  // y = relu(a * b), the product of matrices [5, 7] and [7, 9].
  static std::shared_ptr<const Graph> MakeGraph(bool relu) {
    auto graph = std::make_shared<Graph>();
    const auto add_value = [&](const char* name, const Shape& shape) {
      const ValueId id = graph->AddValue(name);
      graph->value(id).info = {DType::kFloat32, shape};
      graph->value(id).shape_known = true;
      return id;
    };
    const ValueId a = add_value("a", {5, 7}), b = add_value("b", {7, 9});
    ValueId last = add_value("product", {5, 9});
    Node product;
    product.name = "product";
    product.type = "MatMul";
    product.inputs = {a, b};
    product.outputs = {last};
    graph->nodes.push_back(product);
    if (relu) {
      Node activation;
      activation.name = "y";
      activation.type = "Activation";
      activation.attributes.Set("activation", std::string("RELU"));
      activation.inputs = {last};
      last = add_value("y", {5, 9});
      activation.outputs = {last};
      graph->nodes.push_back(activation);
    }
    for (ValueId id : {a, b}) {
      GraphPort port;
      port.name = graph->value(id).name;
      port.value = id;
      graph->inputs.push_back(port);
    }
    GraphPort output;
    output.name = "y";
    output.value = last;
    graph->outputs = {output};
    return graph;
  }

  StatusOr<std::unique_ptr<Session>> MakeSession(bool relu) {
    PlanOptions options;
    options.refine_ways = [](const Node&, std::vector<Lowering>* ways) {
      for (Lowering& way : *ways) way.measured_ms = way.variant == "matmul_clblast" ? 0 : 1;
    };
    MACE_ASSIGN_OR_RETURN(std::unique_ptr<Plan> plan,
                          MakePlan(MakeGraph(relu), &compiler_->device()->info(), options));
    EXPECT_EQ(plan->placements[0].variant, "matmul_clblast");
    EXPECT_NE(DumpPlan(*plan).find("call      clblast_gemm"), std::string::npos) << DumpPlan(*plan);
    return Session::Create(std::move(plan), compiler_.get());
  }

  std::unique_ptr<ProgramCompiler> compiler_;
};

TEST_F(LibraryCallTest, RunsAmongKernelsAgainAndAgain) {
  StatusOr<std::unique_ptr<Session>> session = MakeSession(true);
  ASSERT_TRUE(session.ok()) << session.status().message();
  EXPECT_GE((*session)->launches_per_run(), 2u);
  std::vector<HostTensor> outputs = {HostTensor::Allocate({DType::kFloat32, {5, 9}})};
  for (uint32_t seed : {1u, 2u, 3u}) {
    const HostTensor a = RandomTensor({5, 7}, seed), b = RandomTensor({7, 9}, seed + 10);
    const Status status = (*session)->Run({a, b}, &outputs);
    ASSERT_TRUE(status.ok()) << status.message();
    for (int64_t row = 0; row < 5; ++row) {
      for (int64_t column = 0; column < 9; ++column) {
        double sum = 0;
        for (int64_t k = 0; k < 7; ++k) sum += a.f32()[row * 7 + k] * b.f32()[k * 9 + column];
        EXPECT_NEAR(outputs[0].f32()[row * 9 + column], std::max(sum, 0.0), 1e-5);
      }
    }
  }
}

// No kernel of the plan's own is compiled here: what is refused is the library's.
TEST_F(LibraryCallTest, IsRefusedByNameWhereTheCacheIsRequired) {
  setenv("MACE_REQUIRE_CACHE", "1", 1);
  StatusOr<std::unique_ptr<Session>> session = MakeSession(false);
  ASSERT_FALSE(session.ok());
  EXPECT_EQ(session.status().code(), StatusCode::kNotFound);
  EXPECT_EQ(session.status().message(),
            "node 'product' (MatMul): MACE_REQUIRE_CACHE=1 forbids CLBlast, which compiles its own "
            "kernels: matmul_clblast");
}

TEST_F(LibraryCallTest, OperandsAreChecked) {
  StatusOr<ClQueue> queue = ClQueue::Create(compiler_->device(), false);
  ASSERT_TRUE(queue.ok());
  StatusOr<ClMemory> memory = ClMemory::CreateBuffer(*compiler_->device(), 35 * 4, "operand");
  ASSERT_TRUE(memory.ok());
  Launch launch;
  launch.call.emplace();
  launch.call->rows = 5;
  launch.call->columns = 7;
  launch.call->depth = 6;
  launch.call->a_offsets = {0};
  launch.call->b_offsets = {0};
  Status status =
      ClLibraryCall::Create(launch, {&*memory, &*memory, &*memory}, "tested", &*queue).status();
  EXPECT_EQ(status.message(), "tested: operand 1: expected a buffer of 168 bytes, found 140");
  status = ClLibraryCall::Create(launch, {&*memory, &*memory}, "tested", &*queue).status();
  EXPECT_EQ(status.message(), "tested: expected operands a, b, y, found 2");
  launch.call->b_offsets = {0, 0};
  status =
      ClLibraryCall::Create(launch, {&*memory, &*memory, &*memory}, "tested", &*queue).status();
  EXPECT_EQ(status.message(), "tested: an empty product, or offsets that do not match");
}

TEST_F(LibraryCallTest, HalfNeedsADeviceWithHalfArithmetic) {
  if (compiler_->device()->info().fp16_arithmetic) {
    GTEST_SKIP() << "the device has half arithmetic";
  }
  StatusOr<ClQueue> queue = ClQueue::Create(compiler_->device(), false);
  ASSERT_TRUE(queue.ok());
  Launch launch;
  launch.call.emplace();
  launch.kernel.precision = Precision::kFloat16;
  const Status status = ClLibraryCall::Create(launch, {}, "tested", &*queue).status();
  EXPECT_EQ(status.code(), StatusCode::kUnsupported);
  EXPECT_NE(status.message().find("tested: expected a device with half arithmetic, found '"),
            std::string::npos)
      << status.message();
}

}  // namespace
}  // namespace mace
