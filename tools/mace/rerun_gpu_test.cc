// Second and third runs of a compiled model. Nothing of an earlier run may affect a later one, and
// another input shape gets its own plan.
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <tuple>
#include <vector>

#include "mace/graph/difference.h"
#include "tools/mace/requests.h"
#include "tools/mace/tensors.h"
#include "tools/mace/test_support.h"

namespace mace {
namespace {

std::vector<HostTensor> RandomInputs(const CompiledModel& compiled, uint32_t seed) {
  std::vector<HostTensor> inputs;
  for (const TensorSpec& spec : CompiledInputs(compiled)) {
    inputs.push_back(RandomFloats(spec.dims, seed));
    ++seed;
  }
  return inputs;
}

// Compares bit by bit, since both runs use the same kernels and numbers.
void ExpectSame(const std::vector<HostTensor>& expected, const std::vector<HostTensor>& actual,
                const std::string& what) {
  ASSERT_EQ(expected.size(), actual.size()) << what;
  for (size_t i = 0; i < expected.size(); ++i) {
    ASSERT_EQ(expected[i].shape(), actual[i].shape()) << what << ", output " << i;
    EXPECT_EQ(0, std::memcmp(expected[i].bytes().data(), actual[i].bytes().data(),
                             expected[i].bytes().size()))
        << what << ", output " << i << ": max abs error "
        << Compare(expected[i], actual[i]).max_abs_error;
  }
}

bool Differ(const std::vector<HostTensor>& a, const std::vector<HostTensor>& b) {
  for (size_t i = 0; i < a.size(); ++i) {
    if (Compare(a[i], b[i]).max_abs_error > 0) return true;
  }
  return false;
}

struct RerunCase {
  std::string name;
  std::string model;
};

std::vector<RerunCase> Models() {
  std::vector<RerunCase> models = {{"Digits", ProjectFile("models/digits/digits_frozen.pb")},
                                   {"MobileNetV2", MadeModel("mobilenet_v2.pb")},
                                   {"SqueezeNet", MadeModel("squeezenet.pb")}};
  const std::string shared = SharedFolder();
  if (!shared.empty()) {
    models.push_back({"UnetTiny", shared + "/models/mace/unet_tiny_gpu_fp32.pb"});
    models.push_back({"KeywordsDnn", shared + "/models/mace/kws_DNN_S_gpu_fp32.pb"});
  }
  return models;
}

class RerunTest : public testing::TestWithParam<std::tuple<RerunCase, CompileOptions::Storage>> {
 protected:
  void SetUp() override {
    if (!HasOpenClDevice()) GTEST_SKIP() << "no OpenCL device";
  }
};

TEST_P(RerunTest, LaterRunsEqualFreshModels) {
  const auto& [model, storage] = GetParam();
  CompileOptions options;
  options.storage = storage;
  std::optional<CompiledModel> compiled = CompileOrFail(model.model, options);
  std::optional<CompiledModel> other = CompileOrFail(model.model, options);
  ASSERT_TRUE(compiled.has_value() && other.has_value());
  const std::vector<HostTensor> first = RandomInputs(*compiled, 1),
                                second = RandomInputs(*compiled, 7);

  const std::vector<HostTensor> first_outputs = RunOrFail(&*compiled, first);
  const std::vector<HostTensor> second_outputs = RunOrFail(&*compiled, second);
  const std::vector<HostTensor> third_outputs = RunOrFail(&*compiled, first);
  ASSERT_FALSE(first_outputs.empty());
  EXPECT_TRUE(Differ(first_outputs, second_outputs)) << "the model ignores its input";
  ExpectSame(first_outputs, third_outputs, "the first inputs again, after others");
  // `other` has not run before.
  ExpectSame(RunOrFail(&*other, second), second_outputs, "the second inputs, fresh model");
}

TEST_P(RerunTest, ARequestKeepsItsResultsPlace) {
  const auto& [model, storage] = GetParam();
  CompileOptions options;
  options.storage = storage;
  std::optional<CompiledModel> compiled = CompileOrFail(model.model, options);
  ASSERT_TRUE(compiled.has_value());
  const std::vector<HostTensor> first = RandomInputs(*compiled, 3),
                                second = RandomInputs(*compiled, 9);
  const std::vector<HostTensor> expected = RunOrFail(&*compiled, second);

  StatusOr<Request> request = compiled->NewRequest();
  ASSERT_TRUE(request.ok());
  const auto run = [&](const std::vector<HostTensor>& inputs) {
    for (size_t i = 0; i < inputs.size(); ++i) {
      ASSERT_TRUE(request->Set(i, FromHost(inputs[i])).ok());
    }
    ASSERT_TRUE(request->Run().ok());
  };
  run(first);
  const void* const place = request->Get(0)->data();
  run(second);
  EXPECT_EQ(place, request->Get(0)->data()) << "a new tensor, though nobody has the one before";
  const StatusOr<std::vector<Tensor>> outputs = OutputsOf(*compiled, *request);
  ASSERT_TRUE(outputs.ok()) << outputs.status().message();
  std::vector<HostTensor> kept;
  for (const Tensor& output : *outputs) kept.push_back(ToHost(output));
  ExpectSame(expected, kept, "in the place of the run before");
}

std::string NameOf(
    const testing::TestParamInfo<std::tuple<RerunCase, CompileOptions::Storage>>& info) {
  return std::get<0>(info.param).name +
         (std::get<1>(info.param) == CompileOptions::Storage::kImage ? "Image" : "Buffer");
}

INSTANTIATE_TEST_SUITE_P(Models, RerunTest,
                         testing::Combine(testing::ValuesIn(Models()),
                                          testing::Values(CompileOptions::Storage::kImage,
                                                          CompileOptions::Storage::kBuffer)),
                         NameOf);

// A batch of two pictures gives the same as two runs of one picture.
void ExpectBatchesWork(const std::string& model, const std::string& device) {
  CompileOptions options;
  options.device = device;
  std::optional<CompiledModel> compiled = CompileOrFail(model, options);
  ASSERT_TRUE(compiled.has_value());
  const std::vector<HostTensor> first = RandomInputs(*compiled, 5),
                                second = RandomInputs(*compiled, 6);
  const std::vector<HostTensor> one = RunOrFail(&*compiled, first);
  const std::vector<HostTensor> two = RunOrFail(&*compiled, second);
  ASSERT_TRUE(one.size() == 1 && two.size() == 1);

  std::vector<int64_t> dims = first[0].shape().dims();
  dims[0] = 2;
  HostTensor both = *HostTensor::Allocate({DType::kFloat32, Shape(dims)});
  const int64_t count = first[0].shape().elements();
  std::copy_n(first[0].f32(), count, both.f32());
  std::copy_n(second[0].f32(), count, both.f32() + count);
  const std::vector<HostTensor> pair = RunOrFail(&*compiled, {both});
  ASSERT_EQ(pair.size(), 1u);
  ASSERT_EQ(pair[0].shape()[0], 2) << pair[0].shape().ToString();
  EXPECT_LE(Compare(one[0], RowOf(pair[0], 0)).max_abs_error, 1e-5);
  EXPECT_LE(Compare(two[0], RowOf(pair[0], 1)).max_abs_error, 1e-5);
  // The plan of the first shape still exists and is still right.
  ExpectSame(one, RunOrFail(&*compiled, first), "the first shape again");
}

TEST(InputShape, AnotherBatchMakesAnotherPlan) {
  if (!HasOpenClDevice()) GTEST_SKIP() << "no OpenCL device";
  ExpectBatchesWork(MadeModel("mobilenet_v2_frozen.pb"), "gpu");
}

TEST(InputShape, AnotherBatchOnTheCpu) {
  ExpectBatchesWork(ProjectFile("models/digits/digits_frozen.pb"), "cpu");
}

TEST(InputShape, WhatTheModelCannotTakeIsRefusedAndForgotten) {
  CompileOptions options;
  options.device = "cpu";
  std::optional<CompiledModel> compiled =
      CompileOrFail(ProjectFile("models/digits/digits_frozen.pb"), options);
  ASSERT_TRUE(compiled.has_value());
  const std::vector<HostTensor> inputs = RandomInputs(*compiled, 5);
  const std::vector<HostTensor> before = RunOrFail(&*compiled, inputs);
  for (const Shape& wrong : {Shape({8, 8}), Shape({1, 8, 8, 3})}) {
    const StatusOr<std::vector<HostTensor>> refused =
        RunOn(&*compiled, {RandomFloats(wrong.dims(), 1)});
    ASSERT_FALSE(refused.ok()) << wrong.ToString();
    EXPECT_NE(refused.status().message().find("'input'"), std::string::npos)
        << refused.status().message();
    EXPECT_NE(refused.status().message().find(wrong.ToString()), std::string::npos)
        << refused.status().message();
  }
  EXPECT_FALSE(RunOn(&*compiled, {}).ok());
  ExpectSame(before, RunOrFail(&*compiled, inputs), "after refused inputs");
}

}  // namespace
}  // namespace mace
