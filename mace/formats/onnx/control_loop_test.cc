// Loop: the steps one after the other, and what the standard says of counts and conditions.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "mace/testing/formats/test_evaluate.h"
#include "mace/testing/formats/test_net.h"
#include "mace/testing/formats/test_onnx.h"

namespace mace {
namespace {

constexpr int32_t kBool = onnx::TensorProto::BOOL;
constexpr int32_t kInt64 = onnx::TensorProto::INT64;

HostTensor Floats(const Shape& shape, const std::vector<float>& values) {
  return HostTensor::FromVector(DType::kFloat32, shape, values);
}

// The step and the condition, then what is carried.
TestOnnx Body(const std::vector<std::string>& carried) {
  TestOnnx body;
  body.Input("i", {}, kInt64);
  body.Input("go", {}, kBool);
  for (const std::string& name : carried) body.Input(name, {});
  return body;
}

// v = v * 0.5 + i, gathered; the condition goes through.
TestOnnx Halving() {
  TestOnnx body = Body({"v"});
  body.Floats("half", {}, {0.5f});
  body.Node("Mul", {"v", "half"}, {"h"});
  TestOnnx::SetInt(body.Node("Cast", {"i"}, {"f"}), "to", onnx::TensorProto::FLOAT);
  body.Node("Add", {"h", "f"}, {"w"});
  body.Node("Identity", {"go"}, {"on"});
  body.Output("on", kBool);
  body.Output("w");
  body.Output("w");
  return body;
}

TestOnnx Halve(const std::vector<int64_t>& trips, const TestOnnx& body = Halving()) {
  TestOnnx test;
  test.Input("x", {2});
  test.Ints("m", trips);
  TestOnnx::SetGraph(test.Node("Loop", {"m", "", "x"}, {"last", "all"}), "body", body);
  test.Output("last");
  test.Output("all");
  return test;
}

TEST(OnnxLoop, StepsAndWhatTheyGather) {
  const std::vector<HostTensor> outputs =
      ExpectOutputs(Halve({3}).Import(), {Floats({2}, {8, 16})});
  // 8 -> 4 -> 3 -> 3.5 and 16 -> 8 -> 5 -> 4.5.
  EXPECT_EQ((std::vector<float>{3.5f, 4.5f}), ToFloatVector(outputs[0]));
  EXPECT_EQ((Shape{3, 2}), outputs[1].shape());
  EXPECT_EQ((std::vector<float>{4, 8, 3, 5, 3.5f, 4.5f}), ToFloatVector(outputs[1]));
}

TEST(OnnxLoop, NoStepAndOneStep) {
  std::vector<HostTensor> outputs = ExpectOutputs(Halve({1}).Import(), {Floats({2}, {8, 16})});
  EXPECT_EQ((Shape{1, 2}), outputs[1].shape());
  for (const int64_t none : {0, -5}) {
    outputs = ExpectOutputs(Halve({none}).Import(), {Floats({2}, {8, 16})});
    EXPECT_EQ((std::vector<float>{8, 16}), ToFloatVector(outputs[0]));
    EXPECT_EQ((Shape{0, 2}), outputs[1].shape());
  }
}

// What does not depend on the step is there once.
TEST(OnnxLoop, InvariantNodesRunOnce) {
  TestOnnx body = Body({"v"});
  body.Node("Exp", {"x"}, {"e"});
  body.Node("Add", {"v", "e"}, {"w"});
  body.Output("go", kBool);
  body.Output("w");
  TestOnnx test;
  test.Input("x", {1});
  test.Ints("m", {3});
  TestOnnx::SetGraph(test.Node("Loop", {"m", "", "x"}, {"y"}), "body", body);
  test.Output("y");
  const StatusOr<std::shared_ptr<Graph>> graph = test.Import();
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  EXPECT_EQ("Unary Eltwise Eltwise Eltwise", NodeTypes(**graph));
  EXPECT_FLOAT_EQ(1 + 3 * std::exp(1.0f),
                  ToFloatVector(ExpectOutputs(graph, {Floats({1}, {1})})[0])[0]);
}

// 400 nodes that do not depend on the step, and 400 steps: within the limit.
TEST(OnnxLoop, InvariantNodesCountOnce) {
  TestOnnx body = Body({"v"});
  std::string last = "x";
  for (int i = 0; i < 400; ++i) {
    const std::string next = "e" + std::to_string(i);
    body.Node("Neg", {last}, {next});
    last = next;
  }
  body.Node("Add", {"v", last}, {"w"});
  body.Output("go", kBool);
  body.Output("w");
  TestOnnx test;
  test.Input("x", {1});
  test.Ints("m", {400});
  TestOnnx::SetGraph(test.Node("Loop", {"m", "", "x"}, {"y"}), "body", body);
  test.Output("y");
  const StatusOr<std::shared_ptr<Graph>> graph = test.Import();
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  EXPECT_EQ(800u, (*graph)->nodes.size());
}

// n doubles until it is above 20: a while loop on integers that are known.
TestOnnx Doubling(int64_t start) {
  TestOnnx body = Body({"n", "v"});
  body.Node("Add", {"n", "n"}, {"twice"});
  body.Node("Add", {"v", "v"}, {"w"});
  body.Ints("limit", {20})->clear_dims();
  body.Node("Less", {"twice", "limit"}, {"on"});
  for (const char* output : {"on", "twice", "w", "n"}) body.Output(output);
  TestOnnx test;
  test.Input("x", {1});
  test.Ints("start", {start})->clear_dims();
  test.Small("true", {}, kBool, {1});
  TestOnnx::SetGraph(test.Node("Loop", {"", "true", "start", "x"}, {"n", "y", "all"}), "body",
                     body);
  test.Output("y");
  test.Output("all", kInt64);
  return test;
}

TEST(OnnxLoop, AConditionThatIsKnownAtEachStep) {
  const std::vector<HostTensor> outputs = ExpectOutputs(Doubling(3).Import(), {Floats({1}, {1})});
  EXPECT_EQ((std::vector<float>{8}), ToFloatVector(outputs[0]));
  EXPECT_EQ((std::vector<int64_t>{3, 6, 12}), ToInt64Vector(outputs[1]));
  // 0 stays 0: a loop without an end.
  EXPECT_NE(Doubling(0).Complaint().find("expected at most 65536 nodes and steps of loops"),
            std::string::npos);
}

TEST(OnnxLoop, TheFirstConditionMayEndIt) {
  TestOnnx test;
  test.Input("x", {2});
  test.Ints("m", {3});
  test.Small("false", {}, kBool, {0});
  TestOnnx::SetGraph(test.Node("Loop", {"m", "false", "x"}, {"y"}), "body", Halving());
  test.Output("y");
  EXPECT_EQ((std::vector<float>{1, 2}),
            ToFloatVector(ExpectOutputs(test.Import(), {Floats({2}, {1, 2})})[0]));
}

// A carried tensor that grows, and one that two steps exchange.
TEST(OnnxLoop, CarriedShapesMayChange) {
  TestOnnx body = Body({"a", "b"});
  TestOnnx::SetInt(body.Node("Concat", {"a", "b"}, {"both"}), "axis", 0);
  body.Output("go", kBool);
  body.Output("b");
  body.Output("both");
  TestOnnx test;
  test.Input("x", {1});
  test.Input("z", {1});
  test.Ints("m", {3});
  TestOnnx::SetGraph(test.Node("Loop", {"m", "", "x", "z"}, {"", "y"}), "body", body);
  test.Output("y");
  // (x, z) -> (z, xz) -> (xz, zxz) -> (zxz, xzzxz).
  EXPECT_EQ((std::vector<float>{1, 2, 2, 1, 2}),
            ToFloatVector(ExpectOutputs(test.Import(), {Floats({1}, {1}), Floats({1}, {2})})[0]));
}

// At most m steps while v < 100, with v = 3 v: as many as v says.
TestOnnx Tripling(bool gathers) {
  TestOnnx body = Body({"v", "n"});
  body.Floats("three", {}, {3});
  body.Node("Mul", {"v", "three"}, {"w"});
  body.Floats("limit", {}, {100});
  body.Node("ReduceMax", {"w"}, {"most"});
  body.Node("Less", {"most", "limit"}, {"on"});
  body.Ints("one", {1})->clear_dims();
  body.Node("Add", {"n", "one"}, {"n1"});
  for (const char* output : {"on", "w", "n1", "w"}) body.Output(output);
  TestOnnx test;
  test.Input("x", {1});
  test.Ints("m", {5});
  test.Ints("zero", {0})->clear_dims();
  onnx::NodeProto* node = test.Node("Loop", {"m", "", "x", "zero"}, {"y", "n"});
  if (gathers) node->add_output("all");
  TestOnnx::SetGraph(node, "body", body);
  test.Output("y");
  test.Output("n", kInt64);
  if (gathers) test.Output("all");
  return test;
}

TEST(OnnxLoop, AComputedConditionKeepsWhatWasThere) {
  const StatusOr<std::shared_ptr<Graph>> graph = Tripling(false).Import();
  const float inputs[] = {1, 50, 0.01f};
  const float expected[] = {243, 150, 2.43f};
  const int64_t steps[] = {5, 1, 5};
  for (size_t i = 0; i < 3; ++i) {
    const std::vector<HostTensor> outputs = ExpectOutputs(graph, {Floats({1}, {inputs[i]})});
    EXPECT_FLOAT_EQ(expected[i], ToFloatVector(outputs[0])[0]);
    EXPECT_EQ((std::vector<int64_t>{steps[i]}), ToInt64Vector(outputs[1]));
  }
  EXPECT_NE(
      Tripling(true).Complaint().find(
          "node 'y' (Loop): output 'all': expected a number of steps that is known at import"),
      std::string::npos)
      << Tripling(true).Complaint();
}

TEST(OnnxLoop, LoopsInLoopsSeeWhatIsAround) {
  TestOnnx inner = Body({"s"});
  TestOnnx::SetInt(inner.Node("Cast", {"outer"}, {"f"}), "to", onnx::TensorProto::FLOAT);
  inner.Node("Add", {"s", "f"}, {"t"});
  inner.Output("go", kBool);
  inner.Output("t");
  TestOnnx body;
  body.Input("outer", {}, kInt64);
  body.Input("go", {}, kBool);
  body.Input("v", {});
  TestOnnx::SetGraph(body.Node("Loop", {"two", "", "v"}, {"w"}), "body", inner);
  body.Output("go", kBool);
  body.Output("w");
  TestOnnx test;
  test.Input("x", {1});
  test.Ints("two", {2});
  test.Ints("m", {4});
  TestOnnx::SetGraph(test.Node("Loop", {"m", "", "x"}, {"y"}), "body", body);
  test.Output("y");
  EXPECT_EQ((std::vector<float>{1 + 2 * (0 + 1 + 2 + 3)}),
            ToFloatVector(ExpectOutputs(test.Import(), {Floats({1}, {1})})[0]));
}

TEST(OnnxLoop, Refusals) {
  EXPECT_NE(Halve({1000000000}).Complaint().find("expected at most 65536 nodes"),
            std::string::npos);
  EXPECT_EQ("test.onnx: node 'last' (Loop): input 0: expected one integer, found int64 [2]",
            Halve({1, 2}).Complaint());
  TestOnnx computed;
  computed.Input("x", {2});
  computed.Scalar("m", kInt64);
  TestOnnx::SetGraph(computed.Node("Loop", {"m", "", "x"}, {"y"}), "body", Halving());
  computed.Output("y");
  EXPECT_EQ(
      "test.onnx: node 'y' (Loop): input 0: expected a number of steps that is known at import, "
      "found a computed tensor",
      computed.Complaint());
  TestOnnx few = Body({});
  few.Output("go", kBool);
  few.Output("go", kBool);
  EXPECT_NE(Halve({1}, few).Complaint().find("expected a body with the inputs of the node"),
            std::string::npos);
  TestOnnx gone = Body({"v"});
  gone.Node("Add", {"v", "gone"}, {"w"});
  for (const char* output : {"go", "w", "w"}) gone.Output(output);
  EXPECT_EQ(
      "test.onnx: node 'last' (Loop): input 'gone': expected a tensor of this name, found none",
      Halve({1}, gone).Complaint());
}

TEST(OnnxLoop, WithoutACountAndWithAComputedConditionIsRefused) {
  TestOnnx body = Body({"v"});
  body.Floats("limit", {}, {100});
  body.Node("Less", {"v", "limit"}, {"on"});
  body.Node("Add", {"v", "v"}, {"w"});
  body.Output("on", kBool);
  body.Output("w");
  TestOnnx test;
  test.Scalar("x");
  TestOnnx::SetGraph(test.Node("Loop", {"", "", "x"}, {"y"}), "body", body);
  test.Output("y");
  EXPECT_EQ(
      "test.onnx: node 'y' (Loop): expected a condition or a number of steps that is known at "
      "import, found that the condition is computed when the network runs",
      test.Complaint());
}

}  // namespace
}  // namespace mace
