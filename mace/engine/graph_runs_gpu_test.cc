// Compiled models of a small graph made in code: several runs and shapes, with and without a cache
// file, compared with the CPU reference.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmath>
#include <limits>

#include "mace/testing/compiled_graph.h"
#include "mace/testing/op_tester.h"
#include "mace/testing/temporary_folder.h"
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

CompileOptions MakeOptions(const std::string& device) {
  CompileOptions options;
  options.device = device;
  return options;
}

class GraphRuns : public testing::Test {
 protected:
  void SetUp() override { unsetenv("MACE_REQUIRE_CACHE"); }
  void TearDown() override { unsetenv("MACE_REQUIRE_CACHE"); }

  CompiledModel Make(const CompileOptions& options) { return CompileOrFail(MakeGraph(5), options); }

  // Compares the model's answer to `input` with the reference's.
  void Check(const CompiledModel& compiled, const HostTensor& input, float tolerance) {
    StatusOr<std::vector<HostTensor>> expected = RunOn(Make(MakeOptions("cpu")), {input});
    ASSERT_TRUE(expected.ok()) << expected.status().message();
    StatusOr<std::vector<HostTensor>> found = RunOn(compiled, {input});
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

  const TemporaryFolder folder_;
  const std::string path_ = folder_.At("cache.bin");
};

TEST_F(GraphRuns, EveryRunIsRightAndTheFirstAgain) {
  CompiledModel compiled = Make(MakeOptions("gpu"));
  const HostTensor first = RandomTensor({1, 6, 5, 5}, 1), second = RandomTensor({1, 6, 5, 5}, 2);
  Check(compiled, first, 1e-5f);
  Check(compiled, second, 1e-5f);
  Check(compiled, first, 1e-5f);
  EXPECT_GT(compiled.statistics().launches_per_run, 0u);
  EXPECT_GT(compiled.statistics().peak_device_bytes, 0u);
}

TEST_F(GraphRuns, BuffersImagesAndHalfStorageAgree) {
  using Storage = CompileOptions::Storage;
  using Precision = CompileOptions::Precision;
  for (Storage storage : {Storage::kBuffer, Storage::kImage}) {
    for (Precision precision : {Precision::kFloat32, Precision::kFloat16}) {
      CompileOptions options = MakeOptions("gpu");
      options.storage = storage;
      options.precision = precision;
      CompiledModel compiled = Make(options);
      const float tolerance = precision == Precision::kFloat32 ? 1e-5f : 2e-2f;
      Check(compiled, RandomTensor({1, 6, 5, 5}, 3), tolerance);
      Check(compiled, RandomTensor({1, 6, 5, 5}, 4), tolerance);
    }
  }
}

TEST_F(GraphRuns, ANanStaysInItsNeighbourhood) {
  CompiledModel compiled = Make(MakeOptions("gpu"));
  HostTensor input = RandomTensor({1, 6, 5, 5}, 5);
  input.f32()[0] = std::numeric_limits<float>::quiet_NaN();
  Check(compiled, input, 1e-5f);
  // The NaN does not survive to the next input.
  Check(compiled, RandomTensor({1, 6, 5, 5}, 6), 1e-5f);
}

TEST_F(GraphRuns, AnotherShapeMakesAnotherPlanThatIsKept) {
  CompiledModel compiled = Make(MakeOptions("gpu"));
  Check(compiled, RandomTensor({1, 6, 5, 5}, 1), 1e-5f);
  Check(compiled, RandomTensor({2, 9, 4, 5}, 2), 1e-5f);
  Check(compiled, RandomTensor({1, 6, 5, 5}, 3), 1e-5f);
  Check(compiled, RandomTensor({2, 9, 4, 5}, 4), 1e-5f);
}

TEST_F(GraphRuns, WrongInputsAreNamed) {
  CompiledModel compiled = Make(MakeOptions("gpu"));
  Status status = RunOn(compiled, {}).status();
  EXPECT_NE(std::string::npos, status.message().find("'x' is not set")) << status.message();
  status = RunOn(compiled, {RandomTensor({1, 6, 5}, 1)}).status();
  EXPECT_EQ(StatusCode::kInvalidArgument, status.code());
  EXPECT_NE(std::string::npos, status.message().find("input 'x'")) << status.message();
  EXPECT_NE(std::string::npos, status.message().find("[1, ?, ?, 5]")) << status.message();
  EXPECT_NE(std::string::npos, status.message().find("[1, 6, 5]")) << status.message();
  status = RunOn(compiled, {*HostTensor::Allocate({DType::kInt32, Shape({1, 6, 5, 5})})}).status();
  EXPECT_NE(std::string::npos, status.message().find("int32")) << status.message();
  // The filter does not have so many channels: the op refuses them, and the model stays usable.
  status = RunOn(compiled, {RandomTensor({1, 6, 5, 9}, 1)}).status();
  EXPECT_FALSE(status.ok());
  EXPECT_NE(std::string::npos, status.message().find("[1, 6, 5, 9]")) << status.message();
  Check(compiled, RandomTensor({1, 6, 5, 5}, 1), 1e-5f);
}

TEST_F(GraphRuns, TheSecondStartIsWarm) {
  CompileOptions options = MakeOptions("gpu");
  options.cache.path = path_;
  {
    CompiledModel compiled = Make(options);
    EXPECT_EQ("cold", compiled.statistics().cache.status);
    EXPECT_GT(compiled.statistics().cache.built_from_source, 0u);
    Check(compiled, RandomTensor({1, 6, 5, 5}, 1), 1e-5f);
    const Status written = compiled.SaveCache();
    EXPECT_TRUE(written.ok()) << written.message();
    EXPECT_GT(compiled.statistics().cache.written_ms, 0);
  }
  setenv("MACE_REQUIRE_CACHE", "1", 1);
  CompiledModel compiled = Make(options);
  EXPECT_EQ("warm", compiled.statistics().cache.status);
  EXPECT_EQ(0u, compiled.statistics().cache.built_from_source);
  EXPECT_GT(compiled.statistics().cache.hits, 0u);
  EXPECT_GT(compiled.statistics().cache.loaded_bytes, 0u);
  Check(compiled, RandomTensor({1, 6, 5, 5}, 2), 1e-5f);
  Check(compiled, RandomTensor({1, 6, 5, 5}, 3), 1e-5f);
}

TEST_F(GraphRuns, AModelThatNeverRanStoresNothing) {
  CompileOptions options = MakeOptions("gpu");
  options.cache.path = path_;
  Make(options);
  EXPECT_NE(0, access(path_.c_str(), F_OK));
}

TEST_F(GraphRuns, RequiringACacheThatIsNotThereNamesTheKernels) {
  setenv("MACE_REQUIRE_CACHE", "1", 1);
  const Status status = CompileGraph(MakeGraph(5), MakeOptions("gpu")).status();
  EXPECT_FALSE(status.ok());
  EXPECT_NE(std::string::npos, status.message().find("MACE_REQUIRE_CACHE")) << status.message();
  EXPECT_NE(std::string::npos, status.message().find("kernel")) << status.message();
}

}  // namespace
}  // namespace mace
