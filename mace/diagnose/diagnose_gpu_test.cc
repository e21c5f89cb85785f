// The functions of mace/diagnose.h on a small model, on the CPU and on a device.
#include <gtest/gtest.h>

#include <string>

#include "mace/diagnose.h"
#include "mace/testing/compiled_graph.h"
#include "mace/testing/small_model.h"

namespace mace {
namespace {

class Diagnose : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    CompileOptions options;
    options.device = GetParam();
    options.separate_launches = true;
    compiled_ = CompileOrFail(MakeSmallModel(), options);
    StatusOr<Request> request = compiled_.NewRequest();
    ASSERT_TRUE(request.ok()) << request.status().message();
    request_ = *std::move(request);
  }
  static bool OnDevice() { return std::string(GetParam()) == "gpu"; }
  void SetInput(int64_t batch) {
    ASSERT_TRUE(request_.Set(0, TensorAccess::FromHost(SmallInput(batch))).ok());
  }

  CompiledModel compiled_;
  Request request_;
};

TEST_P(Diagnose, ReportsWhatAModelHolds) {
  const StatusOr<ModelReport> report = ReportModel(&request_);
  ASSERT_TRUE(report.ok()) << report.status().message();
  EXPECT_EQ(report->ops, (std::map<std::string, int>{{"Activation", 2}}));
  EXPECT_EQ(report->parameters, 0);
  EXPECT_GT(report->flops, 0);
  EXPECT_GT(report->bytes, 0);
  EXPECT_FALSE(report->has_persistent_kernels);
  ASSERT_FALSE(report->nodes.empty());
  size_t launches = 0;
  for (const NodeReport& node : report->nodes) {
    EXPECT_EQ(node.place == NodeReport::Place::kCpu, !OnDevice()) << node.name;
    EXPECT_EQ(node.variant.empty(), !OnDevice()) << node.name;
    launches += node.launches;
  }
  EXPECT_EQ(launches > 0, OnDevice());
  EXPECT_EQ(report->memory.device_bytes() > 0, OnDevice());
}

TEST_P(Diagnose, IsAboutTheDimsThatAreSet) {
  const StatusOr<ModelReport> compiled = ReportModel(&request_);
  ASSERT_TRUE(compiled.ok()) << compiled.status().message();
  SetInput(3);
  const StatusOr<ModelReport> larger = ReportModel(&request_);
  ASSERT_TRUE(larger.ok()) << larger.status().message();
  EXPECT_DOUBLE_EQ(larger->flops, 3 * compiled->flops);
}

TEST_P(Diagnose, DescribesEachStage) {
  for (const Stage stage : {Stage::kGraph, Stage::kPasses, Stage::kVariants, Stage::kPlan}) {
    const StatusOr<std::string> text = DescribeStage(&request_, stage);
    ASSERT_TRUE(text.ok()) << text.status().message();
    EXPECT_NE(text->find("SIGMOID"), std::string::npos) << *text;
  }
}

TEST_P(Diagnose, ProfilesRuns) {
  EXPECT_EQ(ProfileRuns(&request_, 2).status().code(), StatusCode::kFailedPrecondition);
  SetInput(2);
  EXPECT_EQ(ProfileRuns(&request_, 0).status().code(), StatusCode::kInvalidArgument);
  const StatusOr<Profile> profile = ProfileRuns(&request_, 2);
  ASSERT_TRUE(profile.ok()) << profile.status().message();
  ASSERT_EQ(profile->runs.size(), 2u);
  EXPECT_LT(profile->shortest, 2u);
  for (const ProfiledRun& run : profile->runs) {
    EXPECT_EQ(run.steps.size(), profile->steps.size());
    EXPECT_GT(run.end, run.begin);
  }
  for (const ProfiledStep& step : profile->steps) EXPECT_LT(step.op, profile->ops.size());
  EXPECT_GT(profile->run_ms, 0);
  // None of these runs sets the request's own results.
  EXPECT_EQ(request_.Get(0).status().code(), StatusCode::kFailedPrecondition);
}

TEST_P(Diagnose, ReplaysLaunchesAndFindsPeaksOnADeviceAlone) {
  SetInput(1);
  ASSERT_TRUE(request_.Run().ok());
  const StatusOr<double> milliseconds = ReplayLaunches(&request_);
  const StatusOr<PeakRates> peaks = FindPeakRates(compiled_);
  if (!OnDevice()) {
    EXPECT_EQ(milliseconds.status().code(), StatusCode::kUnsupported);
    EXPECT_EQ(peaks.status().code(), StatusCode::kUnsupported);
    return;
  }
  ASSERT_TRUE(milliseconds.ok()) << milliseconds.status().message();
  EXPECT_GT(*milliseconds, 0);
  ASSERT_TRUE(peaks.ok()) << peaks.status().message();
  EXPECT_GT(peaks->gflop_per_s, 0);
  EXPECT_GT(peaks->gb_per_s, 0);
}

TEST_P(Diagnose, ComparesLayersOnADeviceAlone) {
  EXPECT_EQ(CompareLayers(&request_).status().code(), StatusCode::kFailedPrecondition);
  SetInput(1);
  const StatusOr<LayerComparison> comparison = CompareLayers(&request_);
  if (!OnDevice()) {
    EXPECT_EQ(comparison.status().code(), StatusCode::kUnsupported);
    return;
  }
  ASSERT_TRUE(comparison.ok()) << comparison.status().message();
  ASSERT_FALSE(comparison->layers().empty());
  for (const LayerReport& layer : comparison->layers()) {
    if (!layer.compared) continue;
    EXPECT_LT(layer.own.max_abs_error, 1e-4) << layer.name;
    EXPECT_LT(layer.carried.max_abs_error, 1e-4) << layer.name;
  }
  const StatusOr<NodeModel> node = comparison->Extract(0);
  ASSERT_TRUE(node.ok()) << node.status().message();
  ASSERT_EQ(node->inputs.size(), 1u);
  // The extracted node is a model that takes these inputs.
  const StatusOr<Model> model = Model::FromBytes({node->model.data(), node->model.size(), {}},
                                                 {node->weights.data(), node->weights.size(), {}});
  ASSERT_TRUE(model.ok()) << model.status().message();
  StatusOr<CompiledModel> alone = CompiledModel::Compile(*model);
  ASSERT_TRUE(alone.ok()) << alone.status().message();
  StatusOr<Request> request = alone->NewRequest();
  ASSERT_TRUE(request->Set(node->inputs[0].first, node->inputs[0].second).ok());
  EXPECT_TRUE(request->Run().ok());
}

TEST_P(Diagnose, WhatDoesNotExistIsAnError) {
  Request none;
  EXPECT_EQ(ReportModel(&none).status().code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReplayLaunches(&none).status().code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(FindPeakRates(CompiledModel()).status().code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(Compare(Tensor(), Tensor()).status().code(), StatusCode::kInvalidArgument);
}

TEST(DiagnoseTensors, AreComparedAsFloats) {
  const float expected[] = {1, 2, 3}, actual[] = {1, 2.5f, 3};
  const StatusOr<Difference> difference =
      Compare(Tensor::View(expected, {3}), Tensor::View(actual, {3}));
  ASSERT_TRUE(difference.ok()) << difference.status().message();
  EXPECT_DOUBLE_EQ(difference->max_abs_error, 0.5);
  EXPECT_DOUBLE_EQ(difference->range, 2);
  EXPECT_LT(DefaultTolerance(CompileOptions::Precision::kFloat32),
            DefaultTolerance(CompileOptions::Precision::kTf32));
  EXPECT_LT(DefaultTolerance(CompileOptions::Precision::kTf32),
            DefaultTolerance(CompileOptions::Precision::kFloat16));
}

INSTANTIATE_TEST_SUITE_P(Devices, Diagnose, testing::Values("gpu", "cpu"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace mace
