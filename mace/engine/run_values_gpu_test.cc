// Models whose shapes depend on values that only a run gives: elements of inputs, and what the
// network computes.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <thread>

#include "mace/api/compiled_model.h"
#include "mace/api/request.h"
#include "mace/testing/formats/test_onnx.h"

namespace mace {
namespace {

using Ints = std::vector<int64_t>;
using Floats = std::vector<float>;

Tensor FloatsOf(Floats values, Ints dims) {
  Tensor tensor = *Tensor::Allocate(DType::kFloat32, std::move(dims));
  std::copy(values.begin(), values.end(), tensor.mutable_data<float>());
  return tensor;
}

Tensor IntsOf(Ints values) {
  Tensor tensor = *Tensor::Allocate(DType::kInt64, {static_cast<int64_t>(values.size())});
  std::copy(values.begin(), values.end(), tensor.mutable_data<int64_t>());
  return tensor;
}

Floats FloatsIn(const Tensor& tensor) {
  const float* const data = tensor.data<float>();
  return Floats(data, data + tensor.elements());
}

Ints IntsIn(const Tensor& tensor) {
  const int64_t* const data = tensor.data<int64_t>();
  return Ints(data, data + tensor.elements());
}

Model Load(TestOnnx test) {
  const std::string bytes = test.Bytes();
  StatusOr<Model> model = Model::FromBytes({bytes.data(), bytes.size(), nullptr}, {}, {});
  if (!model.ok()) ADD_FAILURE() << model.status().message();
  return model.ok() ? *std::move(model) : Model();
}

// y = relu(x) as `shape` says, an input.
TestOnnx ReshapeToInput() {
  TestOnnx test;
  test.Input("x", {2, 6});
  test.Input("shape", {2}, onnx::TensorProto::INT64);
  test.Node("Relu", {"x"}, {"r"});
  test.Node("Reshape", {"r", "shape"}, {"y"});
  test.Output("y");
  return test;
}

// places: where x is above 0; y: twice these elements; z: relu(x).
TestOnnx ChooseAbove() {
  TestOnnx test;
  test.Input("x", {6});
  test.Floats("zero", {}, {0});
  test.Floats("two", {}, {2});
  test.Node("Greater", {"x", "zero"}, {"above"});
  test.Node("NonZero", {"above"}, {"places"});
  test.Ints("axis", {0});
  test.Node("Squeeze", {"places", "axis"}, {"indices"});
  test.Node("Gather", {"x", "indices"}, {"chosen"});
  test.Node("Mul", {"chosen", "two"}, {"y"});
  test.Node("Relu", {"x"}, {"z"});
  test.Output("places", onnx::TensorProto::INT64);
  test.Output("y");
  test.Output("z");
  return test;
}

class RunValuesTest : public testing::TestWithParam<const char*> {
 protected:
  void Compile(const TestOnnx& test) {
    CompileOptions options;
    options.device = GetParam();
    const StatusOr<CompiledModel> compiled = CompiledModel::Compile(Load(test), options);
    ASSERT_TRUE(compiled.ok()) << compiled.status().message();
    compiled_ = *compiled;
    StatusOr<Request> request = compiled_.NewRequest();
    ASSERT_TRUE(request.ok()) << request.status().message();
    request_ = *std::move(request);
  }
  void Run() {
    const Status status = request_.Run();
    ASSERT_TRUE(status.ok()) << status.message();
  }
  void ExpectReshaped(Ints shape, const Ints& dims) {
    ASSERT_TRUE(request_.Set("shape", IntsOf(std::move(shape))).ok());
    Run();
    EXPECT_EQ(request_.Get("y")->dims(), dims);
    EXPECT_EQ(FloatsIn(*request_.Get("y")), (Floats{1, 0, 3, 0, 5, 0, 7, 0, 9, 0, 11, 0}));
  }
  void ExpectChosen(Request* request, const Floats& x, const Ints& places) {
    ASSERT_TRUE(request->Set("x", FloatsOf(x, {6})).ok());
    const Status status = request->Run();
    ASSERT_TRUE(status.ok()) << status.message();
    Floats doubled;
    for (const int64_t place : places) doubled.push_back(2 * x[static_cast<size_t>(place)]);
    EXPECT_EQ(request->Get("places")->dims(), (Ints{1, static_cast<int64_t>(places.size())}));
    EXPECT_EQ(IntsIn(*request->Get("places")), places);
    EXPECT_EQ(FloatsIn(*request->Get("y")), doubled);
    EXPECT_EQ(request->Get("z")->dims(), Ints{6});
  }

  CompiledModel compiled_;
  Request request_;
};

// Quantized weights that both stages read: a row chooses rows of the same matrix.
TEST_P(RunValuesTest, QuantizedWeightsOfBothStages) {
  constexpr int64_t kExtent = 512, kRow = 5;
  const auto number_at = [](int64_t row, int64_t column) {
    return static_cast<int32_t>((row * 31 + column * 7) % 255 - 127);
  };
  TestOnnx test(21);
  test.Input("x", {1, kExtent});
  std::vector<int32_t> numbers;
  for (int64_t i = 0; i < kExtent * kExtent; ++i) {
    numbers.push_back(number_at(i / kExtent, i % kExtent));
  }
  test.Small("w", {kExtent, kExtent}, onnx::TensorProto::INT8, numbers);
  test.Floats("scale", {}, {0.25f});
  test.Floats("zero", {}, {0});
  test.Ints("axis", {0});
  test.Node("DequantizeLinear", {"w", "scale"}, {"w_floats"});
  test.Node("MatMul", {"x", "w_floats"}, {"row"});
  test.Node("Squeeze", {"row", "axis"}, {"numbers"});
  test.Node("Greater", {"numbers", "zero"}, {"above"});
  test.Node("NonZero", {"above"}, {"places"});
  test.Node("Squeeze", {"places", "axis"}, {"indices"});
  test.Node("Gather", {"w_floats", "indices"}, {"y"});
  test.Output("y");
  ASSERT_NO_FATAL_FAILURE(Compile(test));
  Floats x(kExtent, 0.0f);
  x[kRow] = 1;
  ASSERT_TRUE(request_.Set("x", FloatsOf(x, {1, kExtent})).ok());
  Run();
  Floats expected;
  for (int64_t row = 0; row < kExtent; ++row) {
    if (number_at(kRow, row) <= 0) continue;
    for (int64_t c = 0; c < kExtent; ++c) {
      expected.push_back(0.25f * static_cast<float>(number_at(row, c)));
    }
  }
  EXPECT_EQ(FloatsIn(*request_.Get("y")), expected);
}

// The table belongs to the first stage, its rows are chosen in the second.
TEST_P(RunValuesTest, RowsOfAQuantizedTable) {
  constexpr int64_t kRows = 6, kWidth = 32;
  TestOnnx test(21);
  test.Input("x", {kRows});
  std::vector<int32_t> bytes;
  for (int64_t i = 0; i < kRows * kWidth; ++i) bytes.push_back(static_cast<int32_t>(i % 251));
  test.Small("table", {kRows, kWidth}, onnx::TensorProto::UINT8, bytes);
  test.Floats("scales", {kRows, 2}, Floats(2 * kRows, 0.5f));
  test.Floats("zero", {}, {0});
  test.Ints("axis", {0});
  test.Node("Greater", {"x", "zero"}, {"above"});
  test.Node("NonZero", {"above"}, {"places"});
  test.Node("Squeeze", {"places", "axis"}, {"indices"});
  onnx::NodeProto* gather =
      test.Node("GatherBlockQuantized", {"table", "indices", "scales"}, {"y"});
  gather->set_domain("com.microsoft");
  TestOnnx::SetInt(gather, "bits", 8);
  TestOnnx::SetInt(gather, "block_size", 16);
  test.Output("y");
  ASSERT_NO_FATAL_FAILURE(Compile(test));
  ASSERT_TRUE(request_.Set("x", FloatsOf({0, 1, 0, -1, 2, 0}, {kRows})).ok());
  Run();
  Floats expected;
  for (const int64_t row : {1, 4}) {
    for (int64_t c = 0; c < kWidth; ++c) {
      const int32_t byte = bytes[static_cast<size_t>(row * kWidth + c)];
      expected.push_back(0.5f * static_cast<float>(byte - 128));
    }
  }
  EXPECT_EQ(FloatsIn(*request_.Get("y")), expected);
}

// Each run takes what is above 0 and makes it smaller by 1; what is left is the input of the next.
TEST_P(RunValuesTest, ResultsOfAnyLengthAreStates) {
  TestOnnx test;
  test.Input("x", {-1});
  test.Floats("zero", {}, {0});
  test.Floats("one", {}, {1});
  test.Ints("axis", {0});
  test.Node("Greater", {"x", "zero"}, {"above"});
  test.Node("NonZero", {"above"}, {"places"});
  test.Node("Squeeze", {"places", "axis"}, {"indices"});
  test.Node("Gather", {"x", "indices"}, {"chosen"});
  test.Node("Sub", {"chosen", "one"}, {"y"});
  test.Output("y");
  ASSERT_NO_FATAL_FAILURE(Compile(test));
  const Status bound = request_.BindState("y", "x");
  ASSERT_TRUE(bound.ok()) << bound.message();
  for (int text = 0; text < 2; ++text) {
    ASSERT_TRUE(request_.Set("x", FloatsOf({3, 1, -5, 2}, {4})).ok());
    for (const Floats& left : {Floats{2, 0, 1}, Floats{1, 0}, Floats{0}, Floats{}}) {
      Run();
      EXPECT_EQ(FloatsIn(*request_.Get("y")), left);
    }
  }
}

TEST_P(RunValuesTest, AnInputGivesAShape) {
  ASSERT_NO_FATAL_FAILURE(Compile(ReshapeToInput()));
  EXPECT_EQ(compiled_.outputs()[0].dims, (Ints{-1, -1}));
  Floats x;
  for (int i = 0; i < 12; ++i) x.push_back(static_cast<float>(i % 2 == 0 ? i + 1 : -i));
  ASSERT_TRUE(request_.Set("x", FloatsOf(x, {2, 6})).ok());
  ExpectReshaped({3, 4}, {3, 4});
  EXPECT_TRUE(request_.statistics().made_plan);
  ExpectReshaped({-1, 2}, {6, 2});
  EXPECT_TRUE(request_.statistics().made_plan);
  ExpectReshaped({3, 4}, {3, 4});
  EXPECT_FALSE(request_.statistics().made_plan);
}

TEST_P(RunValuesTest, AnInputThatDoesNotFitIsAnError) {
  ASSERT_NO_FATAL_FAILURE(Compile(ReshapeToInput()));
  ASSERT_TRUE(request_.Set("x", FloatsOf(Floats(12), {2, 6})).ok());
  ASSERT_TRUE(request_.Set("shape", IntsOf({5, 5})).ok());
  const Status status = request_.Run();
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_NE(status.message().find("(Reshape)"), std::string::npos) << status.message();
  ASSERT_TRUE(request_.Set("shape", IntsOf({4, 3})).ok());
  EXPECT_TRUE(request_.Run().ok());
}

TEST_P(RunValuesTest, TheNetworkGivesAShape) {
  ASSERT_NO_FATAL_FAILURE(Compile(ChooseAbove()));
  EXPECT_EQ(compiled_.outputs()[0].dims, (Ints{1, -1}));
  EXPECT_EQ(compiled_.outputs()[1].dims, (Ints{-1}));
  EXPECT_EQ(compiled_.outputs()[2].dims, (Ints{6}));
  ExpectChosen(&request_, {1, -2, 3, -4, -5, 6}, {0, 2, 5});
  ExpectChosen(&request_, {-1, -2, -3, -4, -5, -6}, {});
  ExpectChosen(&request_, {1, 2, 3, 4, 5, 6}, {0, 1, 2, 3, 4, 5});
  ExpectChosen(&request_, {-1, 2, -3, 4, -5, 6}, {1, 3, 5});
  EXPECT_FALSE(request_.statistics().made_plan);
}

// Names that nodes share do not tell what waits: the values are asked for one by one.
TEST_P(RunValuesTest, NodesMayShareANameAndAValue) {
  TestOnnx test = ChooseAbove();
  test.Node("NonZero", {"x"}, {"others"});
  test.Node("Cast", {"others"}, {"floats"});
  TestOnnx::SetInt(test.graph().mutable_node(test.graph().node_size() - 1), "to",
                   onnx::TensorProto::FLOAT);
  test.Output("floats");
  for (onnx::NodeProto& node : *test.graph().mutable_node()) node.set_name("same");
  ASSERT_NO_FATAL_FAILURE(Compile(test));
  ExpectChosen(&request_, {1, -2, 0, -4, -5, 6}, {0, 5});
  EXPECT_EQ(FloatsIn(*request_.Get("floats")), (Floats{0, 1, 3, 4, 5}));
  ExpectChosen(&request_, {0, 0, 7, 0, 0, 0}, {2});
  EXPECT_EQ(FloatsIn(*request_.Get("floats")), (Floats{2}));
}

TEST_P(RunValuesTest, RequestsRunAtTheSameTime) {
  ASSERT_NO_FATAL_FAILURE(Compile(ChooseAbove()));
  std::vector<std::thread> threads;
  for (int64_t thread = 0; thread < 4; ++thread) {
    threads.emplace_back([this, thread] {
      StatusOr<Request> request = compiled_.NewRequest();
      ASSERT_TRUE(request.ok());
      for (int64_t run = 0; run < 8; ++run) {
        Floats x(6, -1);
        Ints places;
        for (int64_t i = 0; i < (thread + run) % 7; ++i) {
          x[static_cast<size_t>(i)] = static_cast<float>(i + 1);
          places.push_back(i);
        }
        ExpectChosen(&*request, x, places);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_P(RunValuesTest, ResultsGoIntoTensorsOfTheCaller) {
  ASSERT_NO_FATAL_FAILURE(Compile(ChooseAbove()));
  Floats own(2, -1);
  ASSERT_TRUE(request_.SetOutput("y", Tensor::MutableView(own.data(), {2})).ok());
  ASSERT_TRUE(request_.SelectOutputs({"y"}).ok());
  ASSERT_TRUE(request_.Set("x", FloatsOf({0, 4, 0, 0, 5, 0}, {6})).ok());
  ASSERT_NO_FATAL_FAILURE(Run());
  EXPECT_EQ(own, (Floats{8, 10}));
  EXPECT_FALSE(request_.Get("z").ok());
  // A result of another size has a tensor of its own.
  ASSERT_TRUE(request_.Set("x", FloatsOf({1, 4, 0, 0, 5, 0}, {6})).ok());
  ASSERT_NO_FATAL_FAILURE(Run());
  EXPECT_EQ(own, (Floats{8, 10}));
  EXPECT_EQ(FloatsIn(*request_.Get("y")), (Floats{2, 8, 10}));
}

TEST_P(RunValuesTest, PlansAreBounded) {
  ASSERT_NO_FATAL_FAILURE(Compile(ReshapeToInput()));
  ASSERT_TRUE(request_.Set("x", FloatsOf(Floats(12), {2, 6})).ok());
  for (int64_t round = 0; round < 10; ++round) {
    for (const int64_t rows : {1, 2, 3, 4, 6, 12}) {
      ASSERT_TRUE(request_.Set("shape", IntsOf({rows, -1})).ok());
      ASSERT_NO_FATAL_FAILURE(Run());
    }
  }
  EXPECT_EQ(compiled_.statistics().plans, 6u);
}

TEST_P(RunValuesTest, WhatIsPlannedAheadIsRefused) {
  ASSERT_NO_FATAL_FAILURE(Compile(ReshapeToInput()));
  EXPECT_EQ(compiled_.Prepare({}).code(), StatusCode::kUnsupported);
  const Model model = Load(ReshapeToInput());
  const Status saved = model.Save("/nowhere/model.pb", {}).status();
  EXPECT_EQ(saved.code(), StatusCode::kUnsupported);
  EXPECT_NE(saved.message().find("values that only a run gives"), std::string::npos);
  // The first stage of other models can be planned.
  ASSERT_NO_FATAL_FAILURE(Compile(ChooseAbove()));
  EXPECT_TRUE(compiled_.Prepare({}).ok());
}

// A loop whose number of steps is computed: 2 to the power of the sum of x, once for each element.
TEST_P(RunValuesTest, TheNetworkGivesANumberOfSteps) {
  TestOnnx body;
  body.Scalar("i", onnx::TensorProto::INT64);
  body.Scalar("goes_on", onnx::TensorProto::BOOL);
  body.Input("a", {2});
  body.Node("Identity", {"goes_on"}, {"still"});
  body.Node("Add", {"a", "a"}, {"b"});
  body.Output("still", onnx::TensorProto::BOOL);
  body.Output("b");
  TestOnnx test;
  test.Input("x", {2});
  TestOnnx::SetInt(test.Node("ReduceSum", {"x"}, {"sum"}), "keepdims", 0);
  TestOnnx::SetInt(test.Node("Cast", {"sum"}, {"count"}), "to", onnx::TensorProto::INT64);
  test.Floats("ones", {2}, {1, 1});
  TestOnnx::SetGraph(test.Node("Loop", {"count", "", "ones"}, {"y"}), "body", body);
  test.Output("y");
  ASSERT_NO_FATAL_FAILURE(Compile(test));
  for (const float steps : {3.0f, 0.0f, 5.0f}) {
    ASSERT_TRUE(request_.Set("x", FloatsOf({steps, 0}, {2})).ok());
    ASSERT_NO_FATAL_FAILURE(Run());
    EXPECT_EQ(FloatsIn(*request_.Get("y")), Floats(2, std::exp2(steps)));
  }
}

// A loop that goes on for as long as what it computes is small: a stage for each step.
TEST_P(RunValuesTest, TheNetworkDecidesOnEachStep) {
  TestOnnx body;
  body.Scalar("i", onnx::TensorProto::INT64);
  body.Scalar("goes_on", onnx::TensorProto::BOOL);
  body.Input("a", {2});
  body.Node("Add", {"a", "ones"}, {"b"});
  TestOnnx::SetInt(body.Node("ReduceSum", {"b"}, {"sum"}), "keepdims", 0);
  body.Node("Less", {"sum", "limit"}, {"still"});
  body.Output("still", onnx::TensorProto::BOOL);
  body.Output("b");
  TestOnnx test;
  test.Input("x", {2});
  test.Floats("ones", {2}, {1, 1});
  test.Floats("limit", {}, {20});
  test.Small("begin", {}, onnx::TensorProto::BOOL, {1});
  TestOnnx::SetGraph(test.Node("Loop", {"", "begin", "x"}, {"y"}), "body", body);
  test.Output("y");
  ASSERT_NO_FATAL_FAILURE(Compile(test));
  for (const float x : {0.0f, 9.0f, 4.0f}) {
    ASSERT_TRUE(request_.Set("x", FloatsOf({x, x}, {2})).ok());
    ASSERT_NO_FATAL_FAILURE(Run());
    EXPECT_EQ(FloatsIn(*request_.Get("y")), Floats(2, 10));
  }
}

INSTANTIATE_TEST_SUITE_P(Devices, RunValuesTest, testing::Values("cpu", "gpu"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace mace
