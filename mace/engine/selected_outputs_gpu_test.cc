// Outputs that a request selects, and outputs that it leaves out.
#include <gtest/gtest.h>

#include <cmath>

#include "mace/api/compiled_model.h"
#include "mace/api/request.h"
#include "mace/engine/model_state.h"
#include "mace/engine/tensor_access.h"
#include "mace/testing/compiled_graph.h"
#include "mace/testing/small_model.h"

namespace mace {
namespace {

class SelectedOutputs : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    CompileOptions options;
    options.device = GetParam();
    const auto made = CompiledModel::Compile(ModelAccess::FromGraph(MakeTwoOutputs()), options);
    ASSERT_TRUE(made.ok()) << made.status().message();
    compiled_ = *made;
    StatusOr<Request> request = compiled_.NewRequest();
    ASSERT_TRUE(request.ok()) << request.status().message();
    request_ = *std::move(request);
    ASSERT_TRUE(request_.Set(0, TensorAccess::FromHost(SmallInput(1))).ok());
  }
  void ExpectTanh() const {
    const StatusOr<Tensor> found = request_.Get("z");
    ASSERT_TRUE(found.ok()) << found.status().message();
    const HostTensor input = SmallInput(1);
    for (int64_t i = 0; i < found->elements(); ++i) {
      ASSERT_NEAR(std::tanh(input.f32()[i]), found->data<float>()[i], 1e-4f);
    }
  }
  bool HasSigmoid() const {
    const StatusOr<Tensor> found = request_.Get("y");
    return found.ok() && IsSmallAnswer(SmallInput(1), {TensorAccess::ToHost(*found)});
  }

  CompiledModel compiled_;
  Request request_;
};

TEST_P(SelectedOutputs, AreGivenAlone) {
  ASSERT_TRUE(request_.SelectOutputs({"z"}).ok());
  ASSERT_TRUE(request_.Run().ok());
  ExpectTanh();
  const Status left_out = request_.Get("y").status();
  EXPECT_EQ(StatusCode::kFailedPrecondition, left_out.code());
  EXPECT_NE(std::string::npos, left_out.message().find("output 'y'")) << left_out.message();

  ASSERT_TRUE(request_.SelectOutputsAt({0}).ok());
  // The output of the last run is still there.
  ExpectTanh();
  ASSERT_TRUE(request_.Run().ok());
  EXPECT_TRUE(HasSigmoid());
  EXPECT_FALSE(request_.Get("z").ok());

  // An empty list selects all outputs.
  ASSERT_TRUE(request_.SelectOutputs({}).ok());
  ASSERT_TRUE(request_.Run().ok());
  EXPECT_TRUE(HasSigmoid());
  ExpectTanh();
}

// A node that no selected output needs does not run.
TEST_P(SelectedOutputs, AreComputedAlone) {
  EXPECT_EQ(2u, PlanOf(compiled_).bound.graph->nodes.size());
  ASSERT_TRUE(request_.SelectOutputs({"z"}).ok());
  ASSERT_TRUE(request_.Run().ok());
  EXPECT_TRUE(request_.statistics().made_plan);
  EXPECT_EQ(1u, PlanOf(compiled_).bound.graph->nodes.size());
  const Statistics statistics = compiled_.statistics();
  EXPECT_EQ(2u, statistics.plans);
  EXPECT_EQ(0u, statistics.folded_nodes);
  ASSERT_EQ(2u, statistics.output_dims.size());
  EXPECT_TRUE(statistics.output_dims[0].empty());
  EXPECT_EQ((std::vector<int64_t>{1, 4, 4, 8}), statistics.output_dims[1]);
  // This output needs all nodes, so it needs no plan of its own.
  ASSERT_TRUE(request_.SelectOutputs({"y"}).ok());
  ASSERT_TRUE(request_.Run().ok());
  EXPECT_FALSE(request_.statistics().made_plan);
  EXPECT_TRUE(HasSigmoid());
  EXPECT_FALSE(request_.Get("z").ok());
  // A plan is found again by the outputs that it was made for.
  ASSERT_TRUE(request_.SelectOutputsAt({1}).ok());
  ASSERT_TRUE(request_.Run().ok());
  EXPECT_FALSE(request_.statistics().made_plan);
  ExpectTanh();
  EXPECT_EQ(2u, compiled_.statistics().plans);
}

TEST_P(SelectedOutputs, ArePlannedAhead) {
  ASSERT_TRUE(compiled_.Prepare({{"x", SmallShape(2).dims()}}, {"z"}).ok());
  EXPECT_EQ(StatusCode::kNotFound, compiled_.Prepare({}, {"no such"}).code());
  ASSERT_TRUE(request_.Set(0, TensorAccess::FromHost(SmallInput(2))).ok());
  ASSERT_TRUE(request_.SelectOutputs({"z"}).ok());
  ASSERT_TRUE(request_.Run().ok());
  EXPECT_FALSE(request_.statistics().made_plan);
  EXPECT_EQ((std::vector<int64_t>{2, 4, 4, 8}), request_.Get("z")->dims());
}

TEST_P(SelectedOutputs, AreWrittenIntoTheCallersTensor) {
  std::vector<float> memory(SmallInput(1).shape().elements(), -1);
  ASSERT_TRUE(request_.SetOutput("z", Tensor::MutableView(memory.data(), {1, 4, 4, 8})).ok());
  ASSERT_TRUE(request_.SelectOutputs({"z"}).ok());
  ASSERT_TRUE(request_.Run().ok());
  ExpectTanh();
  EXPECT_EQ(memory.data(), request_.Get("z")->data<float>());
}

TEST_P(SelectedOutputs, LeaveTheCallersTensorOfAnotherAlone) {
  std::vector<float> memory(SmallInput(1).shape().elements(), -1);
  ASSERT_TRUE(request_.SetOutput("y", Tensor::MutableView(memory.data(), {1, 4, 4, 8})).ok());
  ASSERT_TRUE(request_.SelectOutputs({"z"}).ok());
  ASSERT_TRUE(request_.Run().ok());
  EXPECT_EQ(std::vector<float>(memory.size(), -1), memory);
  ASSERT_TRUE(request_.SelectOutputs({"y", "z"}).ok());
  ASSERT_TRUE(request_.Run().ok());
  EXPECT_TRUE(HasSigmoid());
  EXPECT_EQ(memory.data(), request_.Get("y")->data<float>());
}

TEST_P(SelectedOutputs, ThatTheModelDoesNotHaveAreRefused) {
  EXPECT_EQ(StatusCode::kNotFound, request_.SelectOutputs({"z", "no such"}).code());
  EXPECT_EQ(StatusCode::kNotFound, request_.SelectOutputsAt({2}).code());
  ASSERT_TRUE(request_.Run().ok());
  EXPECT_TRUE(HasSigmoid());
  ExpectTanh();
}

INSTANTIATE_TEST_SUITE_P(Devices, SelectedOutputs, testing::Values("cpu", "gpu"));

}  // namespace
}  // namespace mace
