// Outputs that are bound to inputs, on the CPU and on a device.
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>

#include "mace/api/compiled_model.h"
#include "mace/api/request.h"
#include "mace/engine/model_state.h"
#include "mace/engine/request_state.h"
#include "mace/engine/tensor_access.h"
#include "mace/testing/compiled_graph.h"
#include "mace/testing/small_model.h"

namespace mace {
namespace {

float Sigmoid(float x) { return 1 / (1 + std::exp(-x)); }

class RequestStates : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override { MakeRequest(MakeSmallModel()); }
  void MakeRequest(std::shared_ptr<const Graph> graph) {
    CompileOptions options;
    options.device = GetParam();
    const auto made = CompiledModel::Compile(ModelAccess::FromGraph(std::move(graph)), options);
    ASSERT_TRUE(made.ok()) << made.status().message();
    compiled_ = *made;
    StatusOr<Request> request = compiled_.NewRequest();
    ASSERT_TRUE(request.ok()) << request.status().message();
    request_ = *std::move(request);
  }
  void SetInput(int64_t batch, uint32_t seed) {
    ASSERT_TRUE(request_.Set("x", TensorAccess::FromHost(SmallInput(batch, seed))).ok());
  }
  bool OnDevice() const { return GetParam() == std::string("gpu"); }
  // `name` after `runs` runs, each of which begins with what the last one made.
  void ExpectAfterRuns(const std::string& name, int64_t batch, uint32_t seed, int runs,
                       float (*step)(float)) const {
    const StatusOr<Tensor> found = request_.Get(name);
    ASSERT_TRUE(found.ok()) << found.status().message();
    const HostTensor input = SmallInput(batch, seed);
    ASSERT_EQ(input.shape().dims(), found->dims());
    for (int64_t i = 0; i < found->elements(); ++i) {
      float expected = input.f32()[i];
      for (int run = 0; run < runs; ++run) expected = step(expected);
      ASSERT_NEAR(expected, found->data<float>()[i], 1e-4f) << i;
    }
  }

  CompiledModel compiled_;
  Request request_;
};

float WholeStep(float x) { return Sigmoid(std::tanh(x)); }

TEST_P(RequestStates, GoFromRunToRun) {
  SetInput(1, 1);
  ASSERT_TRUE(request_.BindState("y", "x").ok());
  for (int run = 1; run <= 5; ++run) {
    const Status status = request_.Run();
    ASSERT_TRUE(status.ok()) << status.message();
    ExpectAfterRuns("y", 1, 1, run, WholeStep);
    const Request::State& state = *RequestAccess::StateOf(request_);
    EXPECT_EQ(OnDevice(), state.outputs[0].is_in_state) << "in device memory";
    EXPECT_EQ(OnDevice(), !TensorAccess::BufferOf(state.inputs[0]).empty());
  }
}

TEST_P(RequestStates, TwoPartsOfDeviceMemoryServeAllRuns) {
  SetInput(1, 1);
  ASSERT_TRUE(request_.BindState("y", "x").ok());
  ASSERT_TRUE(request_.Run().ok());
  ASSERT_TRUE(request_.Run().ok());
  const uint64_t after_two = compiled_.statistics().device_bytes;
  for (int run = 0; run < 10; ++run) ASSERT_TRUE(request_.Run().ok());
  EXPECT_EQ(after_two, compiled_.statistics().device_bytes);
  ASSERT_TRUE(request_.ClearStates().ok());
  EXPECT_EQ(OnDevice(), compiled_.statistics().device_bytes < after_two);
}

// A new first value, of another batch, and then the end of the binding.
TEST_P(RequestStates, BeginAnewWithSet) {
  SetInput(1, 1);
  ASSERT_TRUE(request_.BindState(size_t{0}, size_t{0}).ok());
  ASSERT_TRUE(request_.Run().ok());
  ASSERT_TRUE(request_.Run().ok());
  SetInput(3, 2);
  ASSERT_TRUE(request_.Run().ok());
  ASSERT_TRUE(request_.Run().ok());
  ExpectAfterRuns("y", 3, 2, 2, WholeStep);
  ASSERT_TRUE(request_.ClearStates().ok());
  // The input keeps the state, which no run replaces any more.
  for (int again = 0; again < 2; ++again) {
    ASSERT_TRUE(request_.Run().ok());
    ExpectAfterRuns("y", 3, 2, 3, WholeStep);
  }
  ASSERT_TRUE(request_.BindState("y", "x").ok());
  ASSERT_TRUE(request_.Run().ok());
  ExpectAfterRuns("y", 3, 2, 3, WholeStep);
  ASSERT_TRUE(request_.Run().ok());
  ExpectAfterRuns("y", 3, 2, 4, WholeStep);
}

TEST_P(RequestStates, StayAsTheyWereIfARunFails) {
  SetInput(1, 1);
  ASSERT_TRUE(request_.BindState("y", "x").ok());
  ASSERT_TRUE(request_.Run().ok());
  EXPECT_EQ(StatusCode::kDeadlineExceeded, request_.Run(std::chrono::milliseconds(0)).code());
  ASSERT_TRUE(request_.Run().ok());
  ExpectAfterRuns("y", 1, 1, 2, WholeStep);
}

TEST_P(RequestStates, AreComputedWhenTheyAreNotSelected) {
  MakeRequest(MakeTwoOutputs());
  SetInput(1, 1);
  ASSERT_TRUE(request_.SelectOutputs({"y"}).ok());
  ASSERT_TRUE(request_.BindState("z", "x").ok());
  for (int run = 0; run < 3; ++run) ASSERT_TRUE(request_.Run().ok());
  EXPECT_EQ(StatusCode::kFailedPrecondition, request_.Get("z").status().code());
  const StatusOr<Tensor> y = request_.Get("y");
  ASSERT_TRUE(y.ok()) << y.status().message();
  const HostTensor input = SmallInput(1, 1);
  for (int64_t i = 0; i < y->elements(); ++i) {
    const float z = std::tanh(std::tanh(std::tanh(input.f32()[i])));
    ASSERT_NEAR(Sigmoid(z), y->data<float>()[i], 1e-4f) << i;
  }
  ASSERT_TRUE(request_.SelectOutputs({}).ok());
  ASSERT_TRUE(request_.Run().ok());
  ExpectAfterRuns("z", 1, 1, 4, [](float x) { return std::tanh(x); });
}

// What Get gives stays as it is while later runs use the memory of the state again.
TEST_P(RequestStates, ResultsBelongToTheCaller) {
  SetInput(1, 1);
  ASSERT_TRUE(request_.BindState("y", "x").ok());
  ASSERT_TRUE(request_.Run().ok());
  const StatusOr<Tensor> first = request_.Get("y");
  ASSERT_TRUE(first.ok());
  const std::vector<float> kept(first->data<float>(), first->data<float>() + first->elements());
  for (int run = 0; run < 3; ++run) ASSERT_TRUE(request_.Run().ok());
  EXPECT_EQ(kept, std::vector<float>(first->data<float>(), first->data<float>() + kept.size()));
}

TEST_P(RequestStates, WhatCannotBeBoundIsRefused) {
  EXPECT_EQ(StatusCode::kNotFound, request_.BindState("none", "x").code());
  EXPECT_EQ(StatusCode::kNotFound, request_.BindState("y", "none").code());
  EXPECT_EQ(StatusCode::kNotFound, request_.BindState(size_t{0}, size_t{7}).code());
  ASSERT_TRUE(request_.BindState("y", "x").ok());
  EXPECT_EQ(StatusCode::kFailedPrecondition, request_.Run().code()) << "no first value";
  const StatusOr<Tensor> tensor = Tensor::Allocate(DType::kFloat32, {1, 4, 4, 8});
  ASSERT_TRUE(tensor.ok());
  const Status bound = request_.SetOutput("y", *tensor);
  EXPECT_EQ(StatusCode::kFailedPrecondition, bound.code());
  EXPECT_NE(std::string::npos, bound.message().find("output 'y'")) << bound.message();
  ASSERT_TRUE(request_.ClearStates().ok());
  ASSERT_TRUE(request_.SetOutput("y", *tensor).ok());
  EXPECT_EQ(StatusCode::kFailedPrecondition, request_.BindState("y", "x").code());
}

TEST_P(RequestStates, OtherExtentsAndTypesAreRefused) {
  auto graph = std::make_shared<Graph>(*MakeSmallModel());
  // Declared with an open extent, as exporters write dynamic outputs, and with another fixed one.
  graph->outputs[0].declared_dims = std::vector<int64_t>{-1, 4, 4, 7};
  MakeRequest(graph);
  const Status extents = request_.BindState("y", "x");
  EXPECT_EQ(StatusCode::kInvalidArgument, extents.code());
  EXPECT_NE(std::string::npos, extents.message().find("expected float32 [")) << extents.message();
}

INSTANTIATE_TEST_SUITE_P(Devices, RequestStates, testing::Values("cpu", "gpu"));

}  // namespace
}  // namespace mace
