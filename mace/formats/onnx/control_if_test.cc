// If: one branch where the condition is known, both where it is computed.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "mace/testing/formats/test_evaluate.h"
#include "mace/testing/formats/test_net.h"
#include "mace/testing/formats/test_onnx.h"

namespace mace {
namespace {

HostTensor Floats(const Shape& shape, const std::vector<float>& values) {
  return HostTensor::FromVector(DType::kFloat32, shape, values);
}
HostTensor Bool(bool value) {
  return HostTensor::FromVector<uint8_t>(DType::kBool, Shape(), {static_cast<uint8_t>(value)});
}

// A graph of one node that reads tensors from outside.
TestOnnx Branch(const std::string& op, const std::vector<std::string>& inputs,
                const std::string& output = "out") {
  TestOnnx branch;
  branch.Node(op, inputs, {output});
  branch.Output(output);
  return branch;
}

void AddIf(TestOnnx* test, const TestOnnx& then, const TestOnnx& otherwise,
           const std::string& condition = "c") {
  onnx::NodeProto* node = test->Node("If", {condition}, {"y"});
  TestOnnx::SetGraph(node, "then_branch", then);
  TestOnnx::SetGraph(node, "else_branch", otherwise);
  test->Output("y");
}

// What exporters write for x.squeeze(1): the condition follows from the shape.
TEST(OnnxIf, AConditionFromAShape) {
  for (const int64_t extent : {1, 3}) {
    TestOnnx test;
    test.Input("x", {2, extent, 2});
    test.Ints("one", {1});
    test.Node("Shape", {"x"}, {"shape"});
    test.Node("Gather", {"shape", "one"}, {"extent"});
    test.Node("Equal", {"extent", "one"}, {"c"});
    TestOnnx then = Branch("Squeeze", {"x", "axes"});
    then.Ints("axes", {1});
    AddIf(&test, then, Branch("Identity", {"x"}));
    const StatusOr<std::shared_ptr<Graph>> graph = test.Import();
    ASSERT_TRUE(graph.ok()) << graph.status().message();
    EXPECT_EQ(extent == 1 ? "Squeeze" : "Identity", NodeTypes(**graph));
    const Shape shape = (*graph)->value((*graph)->outputs[0].value).info.shape;
    EXPECT_EQ(extent == 1 ? Shape({2, 2}) : Shape({2, 3, 2}), shape);
  }
}

// The branch that is not taken needs no op that is known.
TEST(OnnxIf, TheOtherBranchIsLeftOut) {
  TestOnnx test;
  test.Input("x", {2});
  test.Small("c", {}, onnx::TensorProto::BOOL, {0});
  AddIf(&test, Branch("NoSuchOp", {"x"}), Branch("Neg", {"x"}));
  const std::vector<HostTensor> outputs = ExpectOutputs(test.Import(), {Floats({2}, {1, 2})});
  EXPECT_EQ((std::vector<float>{-1, -2}), ToFloatVector(outputs[0]));
}

TEST(OnnxIf, NamesOfABranchHideThoseAround) {
  TestOnnx then;
  then.Floats("w", {}, {10});
  then.Node("Mul", {"x", "w"}, {"h"});  // h is a name of the graph around, too.
  then.Node("Add", {"h", "v"}, {"y"});
  then.Output("y");
  TestOnnx test;
  test.Input("x", {2});
  test.Floats("w", {}, {100});
  test.Floats("v", {}, {1});
  test.Node("Add", {"x", "w"}, {"h"});
  test.Small("c", {1}, onnx::TensorProto::BOOL, {1});
  onnx::NodeProto* node = test.Node("If", {"c"}, {"z"});
  TestOnnx::SetGraph(node, "then_branch", then);
  TestOnnx::SetGraph(node, "else_branch", Branch("Neg", {"x"}));
  test.Node("Add", {"z", "h"}, {"y"});
  test.Output("y");
  const std::vector<HostTensor> outputs = ExpectOutputs(test.Import(), {Floats({2}, {1, 2})});
  EXPECT_EQ((std::vector<float>{11 + 101, 21 + 102}), ToFloatVector(outputs[0]));
}

TEST(OnnxIf, ABranchThatGivesWhatIsAround) {
  TestOnnx then;
  then.Output("x");
  TestOnnx test;
  test.Input("x", {2});
  test.Small("c", {}, onnx::TensorProto::BOOL, {1});
  AddIf(&test, then, Branch("Neg", {"x"}));
  const std::vector<HostTensor> outputs = ExpectOutputs(test.Import(), {Floats({2}, {1, 2})});
  EXPECT_EQ((std::vector<float>{1, 2}), ToFloatVector(outputs[0]));
}

TEST(OnnxIf, AComputedConditionChooses) {
  for (const int rank : {0, 1}) {
    TestOnnx test;
    test.Input("x", {2});
    if (rank == 0) {
      test.Scalar("c", onnx::TensorProto::BOOL);
    } else {
      test.Input("c", {1}, onnx::TensorProto::BOOL);
    }
    TestOnnx then = Branch("Sqrt", {"x"});
    AddIf(&test, then, Branch("Neg", {"x"}));
    const StatusOr<std::shared_ptr<Graph>> graph = test.Import();
    for (const bool condition : {false, true}) {
      const HostTensor c = rank == 0 ? Bool(condition) : Bool(condition).Reshaped(Shape{1});
      const std::vector<HostTensor> outputs = ExpectOutputs(graph, {Floats({2}, {4, -9}), c});
      // The square root of -9, which is no number, is not seen where it is not chosen.
      const std::vector<float> found = ToFloatVector(outputs[0]);
      EXPECT_EQ(outputs[0].shape(), Shape{2});
      EXPECT_EQ(condition ? 2 : -4, found[0]);
      if (!condition) {
        EXPECT_EQ(9, found[1]);
      }
    }
  }
}

// Two outputs, of which one is an integer, and one that both branches have in common.
TEST(OnnxIf, AComputedConditionChoosesEachOutput) {
  const auto branch = [](int64_t number, const std::string& op) {
    TestOnnx made;
    onnx::TensorProto* constant = made.Ints("n", {number});
    constant->clear_dims();
    made.Node(op, {"x"}, {"f"});
    made.Output("f");
    made.Output("n", onnx::TensorProto::INT64);
    made.Output("x");
    return made;
  };
  TestOnnx test;
  test.Input("x", {1});
  test.Scalar("limit");
  test.Node("ReduceMax", {"x"}, {"most"});
  test.Node("Greater", {"most", "limit"}, {"c"});
  onnx::NodeProto* node = test.Node("If", {"c"}, {"f", "n", "same"});
  TestOnnx::SetGraph(node, "then_branch", branch(int64_t{1} << 40, "Abs"));
  TestOnnx::SetGraph(node, "else_branch", branch(-7, "Neg"));
  test.Output("f");
  test.Output("n", onnx::TensorProto::INT64);
  test.Output("same");
  const StatusOr<std::shared_ptr<Graph>> graph = test.Import();
  for (const float x : {3.0f, 1.0f}) {
    const std::vector<HostTensor> outputs =
        ExpectOutputs(graph, {Floats({1}, {x}), Floats(Shape(), {2})});
    EXPECT_EQ((std::vector<float>{x > 2 ? x : -x}), ToFloatVector(outputs[0]));
    EXPECT_EQ((std::vector<int64_t>{x > 2 ? int64_t{1} << 40 : -7}), ToInt64Vector(outputs[1]));
    EXPECT_EQ((std::vector<float>{x}), ToFloatVector(outputs[2]));
  }
}

// A condition that is known makes those inside of its branch known; values of the options count.
TEST(OnnxIf, NestedAndWithAValueFromTheOptions) {
  TestOnnx inner = Branch("Neg", {"x"}, "deep");
  TestOnnx then;
  then.Ints("three", {3})->clear_dims();
  then.Node("Less", {"n", "three"}, {"small"});
  onnx::NodeProto* node = then.Node("If", {"small"}, {"out"});
  TestOnnx::SetGraph(node, "then_branch", inner);
  TestOnnx::SetGraph(node, "else_branch", Branch("Abs", {"x"}));
  then.Output("out");
  TestOnnx test;
  test.Input("x", {1});
  test.Scalar("n", onnx::TensorProto::INT64);
  test.Ints("zero", {0})->clear_dims();
  test.Node("Greater", {"n", "zero"}, {"c"});
  AddIf(&test, then, Branch("Exp", {"x"}));
  for (const int64_t n : {-1, 2, 5}) {
    ImportOptions options;
    options.input_values["n"] = HostTensor::FromVector<int64_t>(DType::kInt64, Shape(), {n});
    const StatusOr<std::shared_ptr<Graph>> graph = test.Import(options);
    const std::vector<HostTensor> outputs = ExpectOutputs(graph, {Floats({1}, {-1})});
    EXPECT_FLOAT_EQ(n < 0 ? std::exp(-1.0f) : 1, ToFloatVector(outputs[0])[0]);
    EXPECT_EQ(n == 2 ? "Eltwise" : (n < 0 ? "Unary" : "Eltwise"), NodeTypes(**graph));
  }
}

TEST(OnnxIf, Refusals) {
  const auto complaint = [](const TestOnnx& then, const TestOnnx& otherwise, bool is_known) {
    TestOnnx test;
    test.Input("x", {2});
    if (is_known) {
      test.Small("c", {}, onnx::TensorProto::BOOL, {1});
    } else {
      test.Scalar("c", onnx::TensorProto::BOOL);
    }
    AddIf(&test, then, otherwise);
    return test.Complaint();
  };
  const TestOnnx good = Branch("Neg", {"x"});
  TestOnnx two = Branch("Neg", {"x"});
  two.Output("x");
  TestOnnx longer = Branch("Concat", {"x", "x"});
  TestOnnx::SetInt(longer.graph().mutable_node(0), "axis", 0);
  const TestOnnx integers = Branch("Shape", {"x"});
  EXPECT_EQ("test.onnx: node 'y' (If): input 'gone': expected a tensor of this name, found none",
            complaint(good, Branch("Neg", {"gone"}), true));
  EXPECT_EQ("test.onnx: node 'y' (If): then_branch: node 'out' (NoSuchOp): unknown op",
            complaint(Branch("NoSuchOp", {"x"}), good, true));
  EXPECT_EQ("test.onnx: node 'y' (If): then_branch: graph 'test': expected 1 outputs, found 2",
            complaint(two, good, true));
  EXPECT_EQ(
      "test.onnx: node 'y' (If): the condition is computed when the network runs, so that both "
      "branches are computed, too: output 'y' of both branches: expected one type and shape, found "
      "float32 [2] and float32 [4]",
      complaint(good, longer, false));
  EXPECT_NE(complaint(good, integers, false).find("found float32 [2] and int64 [1]"),
            std::string::npos);
  const std::string neither =
      complaint(Branch("NoSuchOp", {"x"}), Branch("NoSuchOp", {"x"}), false);
  EXPECT_NE(neither.find("too: then_branch: node 'out' (NoSuchOp): unknown op"), std::string::npos)
      << neither;
}

// What networks do that take two rates of sound: each branch wants inputs of its own length.
TEST(OnnxIf, ABranchThatIsNotPossibleFailsWhereItIsAskedFor) {
  for (const bool possible : {false, true}) {
    TestOnnx bad = Branch("Reshape", {"x", "dims"});
    bad.Ints("dims", {7});
    const TestOnnx good = Branch("Neg", {"x"});
    TestOnnx test;
    test.Input("x", {2});
    test.Scalar("c", onnx::TensorProto::BOOL);
    AddIf(&test, possible ? good : bad, possible ? bad : good);
    const StatusOr<std::shared_ptr<Graph>> graph = test.Import();
    const HostTensor x = Floats({2}, {1, 2});
    EXPECT_EQ((std::vector<float>{-1, -2}),
              ToFloatVector(ExpectOutputs(graph, {x, Bool(possible)})[0]));
    ASSERT_TRUE(graph.ok());
    const StatusOr<std::vector<HostTensor>> other = EvaluateGraph(**graph, {x, Bool(!possible)});
    ASSERT_FALSE(other.ok());
    EXPECT_NE(other.status().message().find(
                  "the condition asks for a branch that is not possible: " +
                  std::string(possible ? "else" : "then") + "_branch: node 'out' (Reshape)"),
              std::string::npos)
        << other.status().message();
  }
}

TEST(OnnxIf, RefusesWhatIsNoCondition) {
  TestOnnx test;
  test.Input("x", {2});
  test.Floats("c", {}, {1});
  AddIf(&test, Branch("Neg", {"x"}), Branch("Neg", {"x"}));
  EXPECT_EQ("test.onnx: node 'y' (If): condition 'c': expected one bool, found float32 []",
            test.Complaint());
  TestOnnx without;
  without.Input("x", {2});
  without.Small("c", {}, onnx::TensorProto::BOOL, {1});
  without.Node("If", {"c"}, {"y"});
  without.Output("y");
  EXPECT_EQ(
      "test.onnx: node 'y' (If): then_branch: attribute 'then_branch': expected a graph, found "
      "none",
      without.Complaint());
}

// Protobuf itself bounds how deep graphs lie in one another.
TEST(OnnxIf, Depth) {
  TestOnnx body = Branch("Neg", {"x"});
  for (int depth = 0; depth < 60; ++depth) {
    TestOnnx around;
    onnx::NodeProto* node = around.Node("If", {"c"}, {"out"});
    TestOnnx::SetGraph(node, "then_branch", body);
    TestOnnx::SetGraph(node, "else_branch", Branch("Neg", {"x"}));
    around.Output("out");
    body = around;
  }
  body.Input("x", {2});
  body.Small("c", {}, onnx::TensorProto::BOOL, {1});
  EXPECT_NE(body.Complaint(), "nothing");
}

}  // namespace
}  // namespace mace
