// The engine on small graphs made in code: run after run, shape after shape, with and without a
// cache file, against the CPU executor.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmath>
#include <limits>

#include "mace/engine/engine.h"
#include "mace/testing/test_graph.h"

namespace mace {
namespace {

// x [1, 6, 5, channels] → conv 3×3 → relu → sum with the conv's result → softmax.
std::shared_ptr<Graph> MakeGraph(int64_t channels) {
  TestGraph test(Shape{1, 6, 5, channels});
  test.DeclareInput({1, -1, -1, channels});
  test.graph.name = "small";
  const ValueId conv = test.AddConvolution("conv", test.x(), {7, channels, 3, 3}, 11);
  test.graph.nodes.back().inputs.push_back(test.Constant("bias", {7}));
  const ValueId relu =
      test.Add("Activation", "relu", {conv}, {{"activation", std::string("RELU")}});
  const ValueId sum = test.Add("Eltwise", "sum", {relu, conv}, {{"type", int64_t{0}}});
  test.Output("sum", sum);
  test.Output("softmax", test.Add("Softmax", "softmax", {sum}));
  return std::make_shared<Graph>(std::move(test.graph));
}

Options MakeOptions(const std::string& device) {
  Options options;
  options.device = device;
  options.input_shapes["x"] = {1, 6, 5, 5};
  return options;
}

class EngineTest : public testing::Test {
 protected:
  void SetUp() override {
    unsetenv("MACE_REQUIRE_CACHE");
    path_ = testing::TempDir() + "engine_test.bin";
    unlink(path_.c_str());
  }
  void TearDown() override { unsetenv("MACE_REQUIRE_CACHE"); }

  std::unique_ptr<Engine> Make(const Options& options) {
    StatusOr<std::unique_ptr<Engine>> engine = Engine::Create(MakeGraph(5), options);
    EXPECT_TRUE(engine.ok()) << engine.status().message();
    return engine.ok() ? *std::move(engine) : nullptr;
  }

  // The engine's answer to `input` against the reference's.
  void Check(Engine* engine, const HostTensor& input, float tolerance) {
    std::unique_ptr<Engine> reference = Make(MakeOptions("cpu"));
    ASSERT_NE(nullptr, reference);
    StatusOr<std::vector<HostTensor>> expected = reference->Run({input});
    ASSERT_TRUE(expected.ok()) << expected.status().message();
    StatusOr<std::vector<HostTensor>> found = engine->Run({input});
    ASSERT_TRUE(found.ok()) << found.status().message();
    ASSERT_EQ(expected->size(), found->size());
    for (size_t k = 0; k < expected->size(); ++k) {
      const HostTensor &a = (*expected)[k], &b = (*found)[k];
      ASSERT_EQ(a.shape(), b.shape());
      for (int64_t i = 0; i < a.shape().elements(); ++i) {
        if (std::isnan(a.f32()[i])) {
          ASSERT_TRUE(std::isnan(b.f32()[i])) << "output " << k << ", element " << i;
        } else {
          ASSERT_NEAR(a.f32()[i], b.f32()[i], tolerance) << "output " << k << ", element " << i;
        }
      }
    }
  }

  std::string path_;
};

TEST_F(EngineTest, EveryRunIsRightAndTheFirstAgain) {
  std::unique_ptr<Engine> engine = Make(MakeOptions("gpu"));
  ASSERT_NE(nullptr, engine);
  const HostTensor first = RandomTensor({1, 6, 5, 5}, 1), second = RandomTensor({1, 6, 5, 5}, 2);
  Check(engine.get(), first, 1e-5f);
  Check(engine.get(), second, 1e-5f);
  Check(engine.get(), first, 1e-5f);
  EXPECT_GT(engine->stats().launches_per_run, 0u);
  EXPECT_GT(engine->stats().peak_device_bytes, 0u);
}

TEST_F(EngineTest, BuffersImagesAndHalfStorageAgree) {
  for (MemoryChoice memory : {MemoryChoice::kBuffer, MemoryChoice::kImage}) {
    for (Precision precision : {Precision::kFloat32, Precision::kFloat16}) {
      Options options = MakeOptions("gpu");
      options.memory = memory;
      options.precision = precision;
      std::unique_ptr<Engine> engine = Make(options);
      ASSERT_NE(nullptr, engine);
      const float tolerance = precision == Precision::kFloat32 ? 1e-5f : 2e-2f;
      Check(engine.get(), RandomTensor({1, 6, 5, 5}, 3), tolerance);
      Check(engine.get(), RandomTensor({1, 6, 5, 5}, 4), tolerance);
    }
  }
}

TEST_F(EngineTest, ANanStaysInItsNeighbourhood) {
  std::unique_ptr<Engine> engine = Make(MakeOptions("gpu"));
  ASSERT_NE(nullptr, engine);
  HostTensor input = RandomTensor({1, 6, 5, 5}, 5);
  input.f32()[0] = std::numeric_limits<float>::quiet_NaN();
  Check(engine.get(), input, 1e-5f);
  // And is gone with the next input.
  Check(engine.get(), RandomTensor({1, 6, 5, 5}, 6), 1e-5f);
}

TEST_F(EngineTest, AnotherShapeMakesAnotherPlanThatIsKept) {
  std::unique_ptr<Engine> engine = Make(MakeOptions("gpu"));
  ASSERT_NE(nullptr, engine);
  Check(engine.get(), RandomTensor({1, 6, 5, 5}, 1), 1e-5f);
  Check(engine.get(), RandomTensor({2, 9, 4, 5}, 2), 1e-5f);
  Check(engine.get(), RandomTensor({1, 6, 5, 5}, 3), 1e-5f);
  Check(engine.get(), RandomTensor({2, 9, 4, 5}, 4), 1e-5f);
}

TEST_F(EngineTest, WrongInputsAreNamed) {
  std::unique_ptr<Engine> engine = Make(MakeOptions("gpu"));
  ASSERT_NE(nullptr, engine);
  Status status = engine->Run({}).status();
  EXPECT_NE(std::string::npos, status.message().find("expected 1 inputs, found 0"));
  status = engine->Run({RandomTensor({1, 6, 5}, 1)}).status();
  EXPECT_EQ(StatusCode::kInvalidArgument, status.code());
  EXPECT_NE(std::string::npos, status.message().find("input 'x'")) << status.message();
  EXPECT_NE(std::string::npos, status.message().find("[1, 6, 5, 5]")) << status.message();
  EXPECT_NE(std::string::npos, status.message().find("[1, 6, 5]")) << status.message();
  status = engine->Run({*HostTensor::Allocate({DType::kInt32, Shape({1, 6, 5, 5})})}).status();
  EXPECT_NE(std::string::npos, status.message().find("int32")) << status.message();
  // Channels that the filter does not have: the op refuses, and the engine works on.
  status = engine->Run({RandomTensor({1, 6, 5, 9}, 1)}).status();
  EXPECT_FALSE(status.ok());
  EXPECT_NE(std::string::npos, status.message().find("[1, 6, 5, 9]")) << status.message();
  Check(engine.get(), RandomTensor({1, 6, 5, 5}, 1), 1e-5f);
}

TEST_F(EngineTest, TheSecondEngineStartsWarm) {
  Options options = MakeOptions("gpu");
  options.cache_path = path_;
  {
    std::unique_ptr<Engine> engine = Make(options);
    ASSERT_NE(nullptr, engine);
    EXPECT_EQ("cold", engine->stats().cache.status);
    EXPECT_GT(engine->stats().cache.built_from_source, 0u);
    Check(engine.get(), RandomTensor({1, 6, 5, 5}, 1), 1e-5f);
    const Status written = engine->FinishCache();
    EXPECT_TRUE(written.ok()) << written.message();
    EXPECT_GT(engine->stats().cache.written_ms, 0);
  }
  setenv("MACE_REQUIRE_CACHE", "1", 1);
  std::unique_ptr<Engine> engine = Make(options);
  ASSERT_NE(nullptr, engine);
  EXPECT_EQ("warm", engine->stats().cache.status);
  EXPECT_EQ(0u, engine->stats().cache.built_from_source);
  EXPECT_GT(engine->stats().cache.hits, 0u);
  EXPECT_GT(engine->stats().cache.loaded_bytes, 0u);
  Check(engine.get(), RandomTensor({1, 6, 5, 5}, 2), 1e-5f);
  Check(engine.get(), RandomTensor({1, 6, 5, 5}, 3), 1e-5f);
}

TEST_F(EngineTest, AnEngineThatNeverRanStoresNothing) {
  Options options = MakeOptions("gpu");
  options.cache_path = path_;
  Make(options).reset();
  EXPECT_NE(0, access(path_.c_str(), F_OK));
}

TEST_F(EngineTest, RequiringACacheThatIsNotThereNamesTheKernels) {
  setenv("MACE_REQUIRE_CACHE", "1", 1);
  const Status status = Engine::Create(MakeGraph(5), MakeOptions("gpu")).status();
  EXPECT_FALSE(status.ok());
  EXPECT_NE(std::string::npos, status.message().find("MACE_REQUIRE_CACHE")) << status.message();
  EXPECT_NE(std::string::npos, status.message().find("kernel")) << status.message();
}

}  // namespace
}  // namespace mace
