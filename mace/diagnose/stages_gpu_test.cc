// Looking inside of a model that runs in stages: its graph depends on values of a run.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "mace/diagnose.h"
#include "mace/testing/formats/test_onnx.h"

namespace mace {
namespace {

// y: the elements of tanh(x) that are above 0, twice each. One stage finds them, another one
// computes with as many as there are.
Model ChooseAbove() {
  TestOnnx test;
  test.Input("x", {6});
  test.Floats("zero", {}, {0});
  test.Floats("two", {}, {2});
  test.Node("Tanh", {"x"}, {"t"});
  test.Node("Greater", {"t", "zero"}, {"above"});
  test.Node("NonZero", {"above"}, {"places"});
  test.Ints("axis", {0});
  test.Node("Squeeze", {"places", "axis"}, {"indices"});
  test.Node("Gather", {"t", "indices"}, {"chosen"});
  test.Node("Mul", {"chosen", "two"}, {"y"});
  test.Output("y");
  const std::string bytes = test.Bytes();
  StatusOr<Model> model = Model::FromBytes({bytes.data(), bytes.size(), nullptr}, {}, {});
  EXPECT_TRUE(model.ok()) << model.status().message();
  return model.ok() ? *std::move(model) : Model();
}

class Stages : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    CompileOptions options;
    options.device = GetParam();
    options.separate_launches = true;
    StatusOr<CompiledModel> compiled = CompiledModel::Compile(ChooseAbove(), options);
    ASSERT_TRUE(compiled.ok()) << compiled.status().message();
    compiled_ = *std::move(compiled);
    StatusOr<Request> request = compiled_.NewRequest();
    ASSERT_TRUE(request.ok()) << request.status().message();
    request_ = *std::move(request);
  }
  void SetInput(const std::vector<float>& values) {
    Tensor tensor = *Tensor::Allocate(DType::kFloat32, {static_cast<int64_t>(values.size())});
    std::copy(values.begin(), values.end(), tensor.mutable_data<float>());
    ASSERT_TRUE(request_.Set(0, tensor).ok());
  }

  CompiledModel compiled_;
  Request request_;
};

TEST_P(Stages, WithoutInputsTheGraphIsNotKnown) {
  for (const Status& status :
       {ReportModel(&request_).status(), ReportGraph(&request_).status(),
        ProfileRuns(&request_, 1).status(), DescribeStage(&request_, Stage::kPlan).status()}) {
    EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
    EXPECT_NE(status.message().find("input 'x' is not set"), std::string::npos) << status.message();
  }
}

TEST_P(Stages, AReportHasTheNodesOfAll) {
  SetInput({1, -1, 2, -2, 3, -3});
  const StatusOr<ModelReport> report = ReportModel(&request_);
  ASSERT_TRUE(report.ok()) << report.status().message();
  EXPECT_EQ(report->format, "onnx");
  EXPECT_EQ(report->ops.at("NonZero"), 1);
  EXPECT_EQ(report->ops.at("Gather"), 1);
  EXPECT_EQ(report->nodes.size() >= 4, true) << report->nodes.size();
  EXPECT_GT(report->flops, 0);
  const StatusOr<std::string> text = DescribeStage(&request_, Stage::kGraph);
  ASSERT_TRUE(text.ok()) << text.status().message();
  EXPECT_EQ(text->find("stage 0 of 2:\n"), 0u) << *text;
  // Three elements are above 0, which the first stage tells the second one.
  const size_t second = text->find("stage 1 of 2:\n");
  ASSERT_NE(second, std::string::npos) << *text;
  EXPECT_LT(text->find("NonZero"), second);
  EXPECT_NE(text->find("float32[3]", second), std::string::npos) << *text;
}

TEST_P(Stages, AProfileIsOfWholeRuns) {
  SetInput({1, -1, 2, -2, 3, -3});
  const StatusOr<Profile> profile = ProfileRuns(&request_, 3);
  ASSERT_TRUE(profile.ok()) << profile.status().message();
  EXPECT_EQ(profile->stages, 2u);
  ASSERT_EQ(profile->runs.size(), 3u);
  for (const ProfiledRun& run : profile->runs) {
    EXPECT_EQ(run.steps.size(), profile->steps.size());
    EXPECT_GT(run.end, run.begin);
  }
  size_t stage = 0;
  double flops = 0;
  for (const ProfiledStep& step : profile->steps) ASSERT_LT(step.op, profile->ops.size());
  for (const ProfiledOp& op : profile->ops) {
    EXPECT_GE(op.stage, stage);
    stage = op.stage;
    flops += op.flops;
  }
  EXPECT_EQ(stage, 1u);
  EXPECT_DOUBLE_EQ(profile->flops, flops);
  EXPECT_EQ(request_.Get(0).status().code(), StatusCode::kFailedPrecondition);
}

// What a stage reads of the one before is the value that the node there makes.
TEST_P(Stages, AGraphJoinsThem) {
  SetInput({1, 1, 2, -2, 3, -3});
  const StatusOr<GraphReport> graph = ReportGraph(&request_);
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  ASSERT_EQ(graph->inputs.size(), 1u);
  EXPECT_EQ(graph->inputs[0].first, "x");
  ASSERT_EQ(graph->outputs.size(), 1u);
  EXPECT_EQ(graph->outputs[0].first, "y");
  EXPECT_EQ(graph->values.at(static_cast<size_t>(graph->outputs[0].second)).dims,
            std::vector<int64_t>{4});
  std::vector<bool> made(graph->values.size());
  made.at(static_cast<size_t>(graph->inputs[0].second)) = true;
  for (const GraphReport::Node& node : graph->nodes) {
    for (const int input : node.inputs) {
      if (input < 0) continue;
      const size_t value = static_cast<size_t>(input);
      EXPECT_TRUE(made.at(value) || graph->values[value].constant) << node.report.name;
    }
    for (const int output : node.outputs) made.at(static_cast<size_t>(output)) = true;
  }
  EXPECT_TRUE(made[static_cast<size_t>(graph->outputs[0].second)]);
}

TEST_P(Stages, WhatLooksAtOnePlanIsRefused) {
  SetInput({1, -1, 2, -2, 3, -3});
  EXPECT_EQ(CompareLayers(&request_).status().code(), StatusCode::kUnsupported);
  EXPECT_EQ(ReplayLaunches(&request_).status().code(), StatusCode::kUnsupported);
}

INSTANTIATE_TEST_SUITE_P(Devices, Stages, testing::Values("gpu", "cpu"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace mace
