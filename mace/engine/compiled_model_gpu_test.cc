// How a compiled model starts, and what it leaves in the cache file.
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

#include "mace/api/compiled_model.h"
#include "mace/engine/model_state.h"
#include "mace/engine/tensor_access.h"
#include "mace/testing/small_model.h"
#include "mace/testing/temporary_folder.h"

namespace mace {
namespace {

class CompiledModels : public testing::Test {
 protected:
  void SetUp() override { options_.cache.path = folder_.At("cache.bin"); }
  CompiledModel Compile() const {
    const auto made = CompiledModel::Compile(ModelAccess::FromGraph(MakeSmallModel()), options_);
    EXPECT_TRUE(made.ok()) << made.status().message();
    return made.ok() ? *made : CompiledModel();
  }
  static void Run(CompiledModel compiled, int64_t batch) {
    StatusOr<Request> request = compiled.NewRequest();
    ASSERT_TRUE(request.ok()) << request.status().message();
    const HostTensor input = SmallInput(batch, 3);
    ASSERT_TRUE(request->Set(0, TensorAccess::FromHost(input)).ok());
    ASSERT_TRUE(request->Run().ok());
    EXPECT_TRUE(IsSmallAnswer(input, {TensorAccess::ToHost(*request->Get(0))}));
  }

  const TemporaryFolder folder_;
  CompileOptions options_;
};

TEST_F(CompiledModels, TheFirstAnswerIsSavedInTheBackground) {
  Run(Compile(), 1);
  const CompiledModel second = Compile();
  EXPECT_EQ("warm", second.statistics().cache.status);
  EXPECT_EQ(0u, second.statistics().cache.built_from_source);
}

TEST_F(CompiledModels, NothingIsSavedUnlessItIsAskedFor) {
  options_.cache.save_after_first_run = false;
  Run(Compile(), 1);
  EXPECT_NE(0, access(options_.cache.path.c_str(), F_OK));
  {
    CompiledModel compiled = Compile();
    EXPECT_EQ("cold", compiled.statistics().cache.status);
    // The model never ran, so SaveCache runs it.
    ASSERT_TRUE(compiled.SaveCache().ok());
  }
  EXPECT_EQ("warm", Compile().statistics().cache.status);
}

TEST_F(CompiledModels, EveryDimsReachTheCacheWhateverIsKept) {
  constexpr int64_t kBatches = 48;
  options_.limits.kept_plans = 4;
  uint64_t bytes_of_few = 0;
  for (const bool is_second : {false, true}) {
    CompiledModel compiled = Compile();
    for (int64_t batch = 1; batch <= kBatches; ++batch) {
      Run(compiled, batch);
      if (batch == 8) bytes_of_few = compiled.statistics().device_bytes;
    }
    EXPECT_EQ(4u, compiled.statistics().plans);
    EXPECT_LT(compiled.statistics().device_bytes, 48 * bytes_of_few);
    if (is_second) {
      EXPECT_EQ(0u, compiled.statistics().cache.built_from_source);
    }
    ASSERT_TRUE(compiled.SaveCache().ok());
  }
}

TEST_F(CompiledModels, LoadIsModelAndCompileAtOnce) {
  const char* const path = "models/digits/digits.onnx";
  const StatusOr<Model> model = Model::Load(path);
  ASSERT_TRUE(model.ok()) << model.status().message();
  const StatusOr<CompiledModel> compiled = CompiledModel::Load(path, LoadOptions(), options_);
  ASSERT_TRUE(compiled.ok()) << compiled.status().message();
  ASSERT_EQ(model->inputs().size(), compiled->inputs().size());
  EXPECT_EQ(model->inputs()[0].ToString(), compiled->inputs()[0].ToString());
  EXPECT_GT(compiled->statistics().compile_ms, compiled->statistics().device_open_ms);
  EXPECT_EQ(StatusCode::kNotFound, CompiledModel::Load("no such.onnx").status().code());
  CompileOptions unknown;
  unknown.device = "gpu:no such device";
  EXPECT_EQ(StatusCode::kDeviceError,
            CompiledModel::Load(path, LoadOptions(), unknown).status().code());
}

TEST_F(CompiledModels, OptionsThatDoNotFitAreErrors) {
  options_.device = "toaster";
  EXPECT_EQ(
      StatusCode::kInvalidArgument,
      CompiledModel::Compile(ModelAccess::FromGraph(MakeSmallModel()), options_).status().code());
  options_.device = "gpu";
  options_.limits.device_bytes = 16;
  const Status too_much =
      CompiledModel::Compile(ModelAccess::FromGraph(MakeSmallModel()), options_).status();
  EXPECT_EQ(StatusCode::kResourceExhausted, too_much.code());
  EXPECT_NE(std::string::npos, too_much.message().find("16")) << too_much.message();
}

}  // namespace
}  // namespace mace
