// The second and the third run of an engine: nothing of an earlier run may show in a later one, and
// another input shape makes another plan.
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <tuple>
#include <vector>

#include "mace/runtime/difference.h"
#include "tools/mace/test_support.h"

namespace mace {
namespace {

std::vector<HostTensor> RandomInputs(const Engine& engine, uint32_t seed) {
  std::vector<HostTensor> inputs;
  for (const Port& port : engine.inputs()) {
    inputs.push_back(RandomFor(port, seed));
    ++seed;
  }
  return inputs;
}

// Bit for bit: the same kernels over the same numbers.
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

class RerunTest : public testing::TestWithParam<std::tuple<RerunCase, MemoryChoice>> {
 protected:
  void SetUp() override {
    if (!HasOpenClDevice()) GTEST_SKIP() << "no OpenCL device";
  }
};

TEST_P(RerunTest, LaterRunsEqualFreshEngines) {
  const auto& [model, memory] = GetParam();
  Options options;
  options.memory = memory;
  std::unique_ptr<Engine> engine = MakeEngine(model.model, options);
  std::unique_ptr<Engine> other = MakeEngine(model.model, options);
  ASSERT_TRUE(engine != nullptr && other != nullptr);
  const std::vector<HostTensor> first = RandomInputs(*engine, 1), second = RandomInputs(*engine, 7);

  const std::vector<HostTensor> first_outputs = RunOrFail(engine.get(), first);
  const std::vector<HostTensor> second_outputs = RunOrFail(engine.get(), second);
  const std::vector<HostTensor> third_outputs = RunOrFail(engine.get(), first);
  ASSERT_FALSE(first_outputs.empty());
  EXPECT_TRUE(Differ(first_outputs, second_outputs)) << "the model ignores its input";
  ExpectSame(first_outputs, third_outputs, "the first inputs again, after others");
  // `other` has seen nothing before.
  ExpectSame(RunOrFail(other.get(), second), second_outputs, "the second inputs, fresh engine");
}

TEST_P(RerunTest, RunsIntoTheTensorsOfAnEarlierCall) {
  const auto& [model, memory] = GetParam();
  Options options;
  options.memory = memory;
  std::unique_ptr<Engine> engine = MakeEngine(model.model, options);
  ASSERT_NE(engine, nullptr);
  const std::vector<HostTensor> first = RandomInputs(*engine, 3), second = RandomInputs(*engine, 9);
  const std::vector<HostTensor> expected = RunOrFail(engine.get(), second);

  std::vector<HostTensor> kept;
  ASSERT_TRUE(engine->RunInto(first, &kept).ok());
  ASSERT_FALSE(kept.empty());
  const void* const place = kept[0].bytes().data();
  ASSERT_TRUE(engine->RunInto(second, &kept).ok());
  EXPECT_EQ(place, kept[0].bytes().data()) << "the caller's tensor was replaced";
  ExpectSame(expected, kept, "into the tensors of the call before");
}

std::string NameOf(const testing::TestParamInfo<std::tuple<RerunCase, MemoryChoice>>& info) {
  return std::get<0>(info.param).name +
         (std::get<1>(info.param) == MemoryChoice::kImage ? "Image" : "Buffer");
}

INSTANTIATE_TEST_SUITE_P(Models, RerunTest,
                         testing::Combine(testing::ValuesIn(Models()),
                                          testing::Values(MemoryChoice::kImage,
                                                          MemoryChoice::kBuffer)),
                         NameOf);

// Two pictures at once are two pictures one after the other.
void ExpectBatchesWork(const std::string& model, const std::string& device) {
  Options options;
  options.device = device;
  std::unique_ptr<Engine> engine = MakeEngine(model, options);
  ASSERT_NE(engine, nullptr);
  const std::vector<HostTensor> first = RandomInputs(*engine, 5), second = RandomInputs(*engine, 6);
  const std::vector<HostTensor> one = RunOrFail(engine.get(), first);
  const std::vector<HostTensor> two = RunOrFail(engine.get(), second);
  ASSERT_TRUE(one.size() == 1 && two.size() == 1);

  std::vector<int64_t> dims = first[0].shape().dims();
  dims[0] = 2;
  HostTensor both = *HostTensor::Allocate({DType::kFloat32, Shape(dims)});
  const int64_t count = first[0].shape().elements();
  std::copy_n(first[0].f32(), count, both.f32());
  std::copy_n(second[0].f32(), count, both.f32() + count);
  const std::vector<HostTensor> pair = RunOrFail(engine.get(), {both});
  ASSERT_EQ(pair.size(), 1u);
  ASSERT_EQ(pair[0].shape()[0], 2) << pair[0].shape().ToString();
  EXPECT_LE(Compare(one[0], RowOf(pair[0], 0)).max_abs_error, 1e-5);
  EXPECT_LE(Compare(two[0], RowOf(pair[0], 1)).max_abs_error, 1e-5);
  // The plan of the first shape is still there, and still right.
  ExpectSame(one, RunOrFail(engine.get(), first), "the first shape again");
}

TEST(InputShape, AnotherBatchMakesAnotherPlan) {
  if (!HasOpenClDevice()) GTEST_SKIP() << "no OpenCL device";
  ExpectBatchesWork(MadeModel("mobilenet_v2_frozen.pb"), "gpu");
}

TEST(InputShape, AnotherBatchOnTheCpu) {
  ExpectBatchesWork(ProjectFile("models/digits/digits_frozen.pb"), "cpu");
}

TEST(InputShape, WhatTheModelCannotTakeIsRefusedAndForgotten) {
  Options options;
  options.device = "cpu";
  std::unique_ptr<Engine> engine =
      MakeEngine(ProjectFile("models/digits/digits_frozen.pb"), options);
  ASSERT_NE(engine, nullptr);
  const std::vector<HostTensor> inputs = RandomInputs(*engine, 5);
  const std::vector<HostTensor> before = RunOrFail(engine.get(), inputs);
  for (const Shape& wrong : {Shape({8, 8}), Shape({1, 8, 8, 3})}) {
    const Port port = {"input", {DType::kFloat32, wrong}, "NHWC"};
    const StatusOr<std::vector<HostTensor>> refused = engine->Run({RandomFor(port, 1)});
    ASSERT_FALSE(refused.ok()) << wrong.ToString();
    EXPECT_NE(refused.status().message().find("'input'"), std::string::npos)
        << refused.status().message();
    EXPECT_NE(refused.status().message().find(wrong.ToString()), std::string::npos)
        << refused.status().message();
  }
  EXPECT_FALSE(engine->Run({}).ok());
  ExpectSame(before, RunOrFail(engine.get(), inputs), "after refused inputs");
}

}  // namespace
}  // namespace mace
