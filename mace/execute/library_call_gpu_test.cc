// A plan whose measurements choose CLBlast, on the device at hand. CLBlast compiles for seconds, so
// one cold start serves all tests that need its kernels. Each start is a process of its own: this
// program with the argument "start".
#include <gtest/gtest.h>
#include <stdlib.h>

#include <cmath>
#include <cstdio>
#include <string>

#include "mace/execute/session.h"
#include "mace/plan/choose_by_cost.h"
#include "mace/testing/driver_starts.h"
#include "mace/testing/op_tester.h"

namespace mace {
namespace {

const OpenClNeeds kLibraryNeeds = {EnvironmentUse::kWhenNeeded, true};

constexpr char kCacheVariable[] = "MACE_TEST_CACHE_FILE";

// y = relu(a * b), the product of matrices [5, 7] and [7, 9].
std::shared_ptr<const Graph> MakeGraph(bool relu) {
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
    IoInfo io;
    io.name = graph->value(id).name;
    io.value = id;
    graph->inputs.push_back(io);
  }
  IoInfo output;
  output.name = "y";
  output.value = last;
  graph->outputs = {output};
  return graph;
}

StatusOr<std::unique_ptr<Session>> MakeSession(bool relu, ProgramCompiler* compiler) {
  PlanOptions options;
  MACE_ASSIGN_OR_RETURN(BoundGraph bound, BindGraph(MakeGraph(relu)));
  MACE_ASSIGN_OR_RETURN(GraphVariants variants,
                        FindVariants(bound, &compiler->device()->info(), options));
  for (NodeVariants& offered : variants.nodes) {
    for (KernelVariant& variant : offered.variants) {
      variant.measured_ms = variant.name == "matmul_clblast" ? 0 : 1;
    }
  }
  const Choice choice = ChooseByCost(*bound.graph, variants);
  MACE_ASSIGN_OR_RETURN(std::unique_ptr<Plan> plan,
                        MakePlan(std::move(bound), variants, choice, options));
  if (plan->placements[0].variant != "matmul_clblast" ||
      DumpPlan(*plan).find("call      clblast_gemm") == std::string::npos) {
    return Internal("expected a call of CLBlast, found " + DumpPlan(*plan));
  }
  return Session::Create(std::move(plan), compiler);
}

// Runs three times, checks the outputs, and prints the last ones exactly.
Status RunThrice(Session* session) {
  if (session->launches_per_run() < 2) return Internal("expected the call and a kernel");
  std::vector<HostTensor> outputs = {*HostTensor::Allocate({DType::kFloat32, {5, 9}})};
  for (uint32_t seed : {1u, 2u, 3u}) {
    const HostTensor a = RandomTensor({5, 7}, seed), b = RandomTensor({7, 9}, seed + 10);
    MACE_RETURN_IF_ERROR(session->Run({a, b}, &outputs));
    for (int64_t row = 0; row < 5; ++row) {
      for (int64_t column = 0; column < 9; ++column) {
        double sum = 0;
        for (int64_t k = 0; k < 7; ++k) sum += a.f32()[row * 7 + k] * b.f32()[k * 9 + column];
        const double expected = std::max(sum, 0.0), found = outputs[0].f32()[row * 9 + column];
        if (std::abs(expected - found) <= 1e-5) continue;
        return Internal("expected " + std::to_string(expected) + ", found " +
                        std::to_string(found));
      }
    }
  }
  for (int i = 0; i < 45; ++i) std::printf("%a ", static_cast<double>(outputs[0].f32()[i]));
  return Status();
}

// A whole start: opens the device, plans, runs and stores.
Status Start() {
  MACE_ASSIGN_OR_RETURN(std::shared_ptr<ClDevice> device, OpenDevice("gpu", kLibraryNeeds));
  ProgramCompiler compiler(device, CacheStore::Open(getenv(kCacheVariable)));
  MACE_ASSIGN_OR_RETURN(std::unique_ptr<Session> session, MakeSession(true, &compiler));
  MACE_RETURN_IF_ERROR(RunThrice(session.get()));
  const CacheLayerScope::Counts& library = session->library_programs();
  std::fprintf(stderr, "compiled %d, hits %d\n", static_cast<int>(library.compiled),
               static_cast<int>(library.hits));
  return compiler.SaveAfterFirstUse(session->programs());
}

int StartAndSay() {
  const Status status = Start();
  std::fprintf(stderr, "%s\n", status.message().c_str());
  return status.ok() ? 0 : 1;
}

DriverStart RunStart(const DriverStarts& starts, const char* require_cache) {
  return starts.Run("'" + OwnProgram() + "' start",
                    {{"OPENCL_LAYERS", CountingLayerFile()},
                     {"MACE_CL_CACHE_LOG", "1"},
                     {"MACE_REQUIRE_CACHE", require_cache},
                     {kCacheVariable, starts.folder().At("cache.bin")}});
}

TEST(LibraryCallStartTest, TheSecondStartCompilesNothing) {
  const DriverStarts starts;
  const DriverStart cold = RunStart(starts, "0");
  ASSERT_EQ(cold.exit_code, 0) << cold.err;
  ASSERT_FALSE(cold.counts.empty()) << "no counting layer: " << cold.err;
  EXPECT_GT(cold.compiles(), 1);
  const DriverStart warm = RunStart(starts, "1");
  ASSERT_EQ(warm.exit_code, 0) << warm.err;
  EXPECT_EQ(warm.compiles(), 0) << warm.err;
  EXPECT_NE(warm.err.find("compiled 0, hits "), std::string::npos) << warm.err;
  EXPECT_EQ(warm.err.find("compiled 0, hits 0"), std::string::npos) << warm.err;
  // A launch that the stored code does not cover would have it stored again.
  EXPECT_NE(warm.err.find("0 misses, 0 left alone, 0 stored"), std::string::npos) << warm.err;
  EXPECT_EQ(warm.out, cold.out);
}

class LibraryCallTest : public testing::Test {
 protected:
  void SetUp() override {
    unsetenv("MACE_REQUIRE_CACHE");
    StatusOr<std::shared_ptr<ClDevice>> device = OpenDevice("gpu", kLibraryNeeds);
    ASSERT_TRUE(device.ok()) << device.status().message();
    compiler_ = std::make_unique<ProgramCompiler>(*device, nullptr);
  }
  void TearDown() override { unsetenv("MACE_REQUIRE_CACHE"); }

  std::unique_ptr<ProgramCompiler> compiler_;
};

// The plan has no kernels of its own here; the library's are refused.
TEST_F(LibraryCallTest, IsRefusedByNameWhereTheCacheIsRequired) {
  setenv("MACE_REQUIRE_CACHE", "1", 1);
  StatusOr<std::unique_ptr<Session>> session = MakeSession(false, compiler_.get());
  ASSERT_FALSE(session.ok());
  EXPECT_EQ(session.status().code(), StatusCode::kNotFound);
  EXPECT_EQ(session.status().message(),
            "node 'product' (MatMul): MACE_REQUIRE_CACHE=1 forbids CLBlast, which compiles its own "
            "kernels: matmul_clblast: no cache file is set");
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
      ClLibraryCall::Create(launch, {&*memory, &*memory, &*memory}, "tested", {}, &*queue).status();
  EXPECT_EQ(status.message(), "tested: operand 1: expected a buffer of 168 bytes, found 140");
  status = ClLibraryCall::Create(launch, {&*memory, &*memory}, "tested", {}, &*queue).status();
  EXPECT_EQ(status.message(), "tested: expected operands a, b, y, found 2");
  launch.call->b_offsets = {0, 0};
  status =
      ClLibraryCall::Create(launch, {&*memory, &*memory, &*memory}, "tested", {}, &*queue).status();
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
  const Status status = ClLibraryCall::Create(launch, {}, "tested", {}, &*queue).status();
  EXPECT_EQ(status.code(), StatusCode::kUnsupported);
  EXPECT_NE(status.message().find("tested: expected a device with half arithmetic, found '"),
            std::string::npos)
      << status.message();
}

}  // namespace
}  // namespace mace

int main(int argc, char** argv) {
  if (argc > 1 && std::string(argv[1]) == "start") return mace::StartAndSay();
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
