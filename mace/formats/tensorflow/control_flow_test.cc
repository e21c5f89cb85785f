// Branches, functions and loops of TensorFlow's graphs.
#include <gtest/gtest.h>

#include "mace/testing/formats/test_evaluate.h"
#include "mace/testing/formats/test_net.h"
#include "mace/testing/formats/test_tensorflow.h"

namespace mace {
namespace {

HostTensor Floats(std::vector<float> values) {
  const Shape shape{static_cast<int64_t>(values.size())};
  return HostTensor::FromVector(DType::kFloat32, shape, std::move(values));
}

using Numbers = std::vector<float>;

void AddScalar(TestTf* test, const std::string& name, float value) {
  test->Const(name, {}, tf::DT_FLOAT)->add_float_val(value);
}

void AddInt(TestTf* test, const std::string& name, int32_t value) {
  test->Const(name, {}, tf::DT_INT32)->add_int_val(value);
}

// y = x * 2 where the predicate holds, else x + 1; the branches are Switch and Merge.
void AddBranches(TestTf* test) {
  test->Node("Switch", "s", {"x", "p"});
  AddScalar(test, "two", 2);
  AddScalar(test, "one", 1);
  test->Node("Mul", "m", {"s:1", "two"});
  test->Node("Add", "a", {"s", "one"});
  test->Node("Merge", "y", {"a", "m"});
}

TEST(TfControlFlow, AKnownPredicateTakesOneBranch) {
  for (bool holds : {false, true}) {
    TestTf test;
    test.Input("x", {2});
    test.Const("no", {}, tf::DT_BOOL)->add_bool_val(holds);
    test.Node("PlaceholderWithDefault", "p", {"no"});
    AddBranches(&test);
    const auto graph = test.Import();
    ASSERT_TRUE(graph.ok()) << graph.status().message();
    EXPECT_EQ((*graph)->inputs.size(), 1u);
    EXPECT_EQ(NodeTypes(**graph), "Eltwise");
    const auto y = ExpectOutputs(graph, {Floats({3, 5})});
    EXPECT_EQ(ToFloatVector(y[0]), holds ? (Numbers{6, 10}) : (Numbers{4, 6}));
  }
}

TEST(TfControlFlow, AnOpOfADeadBranchNeedNotBeKnown) {
  TestTf test;
  test.Input("x", {2});
  test.Const("p", {}, tf::DT_BOOL)->add_bool_val(false);
  test.Node("Switch", "s", {"x", "p"});
  test.Node("NoSuchOp", "m", {"s:1"});
  test.Node("Merge", "y", {"s", "m"});
  const auto y = ExpectOutputs(test.Import(), {Floats({3, 5})});
  EXPECT_EQ(ToFloatVector(y[0]), (Numbers{3, 5}));
}

TEST(TfControlFlow, AnUnknownPredicateComputesBothBranches) {
  TestTf test;
  test.Input("x", {2});
  test.Input("p", {1}, tf::DT_BOOL);
  AddBranches(&test);
  const auto graph = test.Import();
  for (uint8_t holds : {0, 1}) {
    const HostTensor predicate = HostTensor::FromVector<uint8_t>(DType::kBool, Shape{1}, {holds});
    const auto y = ExpectOutputs(graph, {Floats({3, 5}), predicate});
    EXPECT_EQ(ToFloatVector(y[0]), holds ? (Numbers{6, 10}) : (Numbers{4, 6}));
  }
}

// A function of the library with float arguments; its nodes are added by the caller.
tf::FunctionDef* AddFunction(TestTf* test, const std::string& name,
                             const std::vector<std::string>& arguments,
                             const std::vector<std::string>& results) {
  tf::FunctionDef* function = test->def().mutable_library()->add_function();
  function->mutable_signature()->set_name(name);
  for (const std::string& argument : arguments) {
    function->mutable_signature()->add_input_arg()->set_name(argument);
  }
  for (const std::string& result : results) {
    const std::string output = "out_" + result.substr(0, result.find(':'));
    function->mutable_signature()->add_output_arg()->set_name(output);
    (*function->mutable_ret())[output] = result;
  }
  return function;
}

tf::NodeDef* AddBody(tf::FunctionDef* function, const std::string& op, const std::string& name,
                     const std::vector<std::string>& inputs) {
  tf::NodeDef* node = function->add_node_def();
  node->set_op(op);
  node->set_name(name);
  for (const std::string& input : inputs) node->add_input(input);
  return node;
}

void AddBodyInt(tf::FunctionDef* function, const std::string& name, int32_t value) {
  tf::NodeDef* node = AddBody(function, "Const", name, {});
  tf::TensorProto* tensor = (*node->mutable_attr())["value"].mutable_tensor();
  tensor->set_dtype(tf::DT_INT32);
  tensor->add_int_val(value);
}

void SetFunction(tf::NodeDef* node, const char* attribute, const std::string& name) {
  (*node->mutable_attr())[attribute].mutable_func()->set_name(name);
}

TEST(TfControlFlow, CallsAreExpanded) {
  TestTf test;
  test.Input("x", {2});
  AddBody(AddFunction(&test, "square", {"v"}, {"m:z:0"}), "Mul", "m", {"v", "v"});
  SetFunction(test.Node("PartitionedCall", "once", {"x"}), "f", "square");
  SetFunction(test.Node("StatefulPartitionedCall", "y", {"once"}), "f", "square");
  const auto y = ExpectOutputs(test.Import(), {Floats({2, 3})});
  EXPECT_EQ(ToFloatVector(y[0]), (Numbers{16, 81}));
}

TEST(TfControlFlow, AFunctionThatCallsItselfIsRefused) {
  TestTf test;
  test.Input("x", {2});
  tf::FunctionDef* first = AddFunction(&test, "first", {"v"}, {"c:output:0"});
  SetFunction(AddBody(first, "PartitionedCall", "c", {"v"}), "f", "second");
  tf::FunctionDef* second = AddFunction(&test, "second", {"v"}, {"c:output:0"});
  SetFunction(AddBody(second, "PartitionedCall", "c", {"v"}), "f", "first");
  SetFunction(test.Node("PartitionedCall", "y", {"x"}), "f", "first");
  EXPECT_NE(test.Import().status().message().find("no function that calls itself"),
            std::string::npos);
}

// i = 0, v = x; while (i < limit) { v = v + v; i = i + 1 }.
void AddWhile(TestTf* test, int32_t limit) {
  tf::FunctionDef* condition = AddFunction(test, "condition", {"i", "v"}, {"less:z:0"});
  AddBodyInt(condition, "limit", limit);
  AddBody(condition, "Less", "less", {"i", "limit:output:0"});
  tf::FunctionDef* body = AddFunction(test, "body", {"i", "v"}, {"next:z:0", "sum:z:0"});
  AddBodyInt(body, "one", 1);
  AddBody(body, "AddV2", "next", {"i", "one:output:0"});
  AddBody(body, "AddV2", "sum", {"v", "v"});
  AddInt(test, "zero", 0);
  tf::NodeDef* loop = test->Node("StatelessWhile", "loop", {"zero", "x"});
  SetFunction(loop, "cond", "condition");
  SetFunction(loop, "body", "body");
  test->Node("Identity", "y", {"loop:1"});
}

TEST(TfControlFlow, AWhileIsUnrolled) {
  TestTf test;
  test.Input("x", {2});
  AddWhile(&test, 3);
  const auto graph = test.Import();
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  EXPECT_EQ(NodeTypes(**graph), "Eltwise Eltwise Eltwise");
  EXPECT_EQ(ToFloatVector(ExpectOutputs(graph, {Floats({1, 3})})[0]), (Numbers{8, 24}));
}

TEST(TfControlFlow, ALoopOfAThousandMillionStepsIsRefused) {
  TestTf test;
  test.Input("x", {2});
  AddWhile(&test, 1000000000);
  EXPECT_EQ(test.Import().status().code(), StatusCode::kResourceExhausted);
}

TEST(TfControlFlow, AConditionThatIsComputedIsRefused) {
  TestTf test;
  test.Input("x", {1});
  tf::FunctionDef* condition = AddFunction(&test, "condition", {"v"}, {"less:z:0"});
  AddBody(condition, "Less", "less", {"v", "v"});
  AddBody(AddFunction(&test, "body", {"v"}, {"sum:z:0"}), "AddV2", "sum", {"v", "v"});
  tf::NodeDef* loop = test.Node("While", "y", {"x"});
  SetFunction(loop, "cond", "condition");
  SetFunction(loop, "body", "body");
  EXPECT_NE(test.Import().status().message().find("known at import"), std::string::npos);
}

// The older form, with a list that each step writes x * i to.
TEST(TfControlFlow, AFrameWithATensorArrayIsUnrolled) {
  TestTf test;
  test.Input("x", {2});
  AddInt(&test, "zero", 0);
  AddInt(&test, "one", 1);
  AddInt(&test, "three", 3);
  tf::NodeDef* array = test.Node("TensorArrayV3", "array", {"three"});
  TestTf::Type(array, "dtype", tf::DT_FLOAT);
  const auto enter = [&](const std::string& name, const std::string& input) {
    TestTf::Text(test.Node("Enter", name, {input}), "frame_name", "loop");
  };
  enter("enter_i", "zero");
  enter("enter_a", "array:1");
  enter("enter_x", "x");
  enter("enter_h", "array");
  test.Node("Merge", "i", {"enter_i", "next_i"});
  test.Node("Merge", "a", {"enter_a", "next_a"});
  test.Node("Less", "less", {"i", "three"});
  test.Node("LoopCond", "go", {"less"});
  test.Node("Switch", "switch_i", {"i", "go"});
  test.Node("Switch", "switch_a", {"a", "go"});
  test.Node("Identity", "body_i", {"switch_i:1"});
  test.Node("AddV2", "added", {"body_i", "one"});
  TestTf::Type(test.Node("Cast", "factor", {"body_i"}), "DstT", tf::DT_FLOAT);
  test.Node("Mul", "item", {"enter_x", "factor"});
  test.Node("TensorArrayWriteV3", "written", {"enter_h", "body_i", "item", "switch_a:1"});
  test.Node("NextIteration", "next_i", {"added"});
  test.Node("NextIteration", "next_a", {"written"});
  test.Node("Exit", "exit_a", {"switch_a"});
  test.Ints("places", {2, 0, 1});
  test.Node("TensorArrayGatherV3", "y", {"array", "places", "exit_a"});
  const auto y = ExpectOutputs(test.Import(), {Floats({1, 5})});
  EXPECT_EQ(y[0].shape(), (Shape{3, 2}));
  EXPECT_EQ(ToFloatVector(y[0]), (Numbers{2, 10, 0, 0, 1, 5}));
}

TEST(TfControlFlow, ACycleThatIsNoLoopIsRefused) {
  TestTf test;
  test.Input("x", {2});
  test.Node("Merge", "a", {"x", "b"});
  test.Node("NextIteration", "b", {"a"});
  test.Node("Identity", "y", {"a"});
  EXPECT_FALSE(test.Import().ok());
}

TEST(TfControlFlow, AGraphAsTextIsRead) {
  const std::string text =
      "node { name: \"x\" op: \"Placeholder\" attr { key: \"dtype\" value { type: DT_FLOAT } }\n"
      "  attr { key: \"shape\" value { shape { dim { size: 2 } } } } }\n"
      "node { name: \"y\" op: \"Neg\" input: \"x\" experimental_debug_info { original_node_names: "
      "\"y\" } }\n";
  const auto graph = ImportModelBytes("test.pbtxt", AsBytes(text), {}, {});
  EXPECT_EQ(ToFloatVector(ExpectOutputs(graph, {Floats({1, -2})})[0]), (Numbers{-1, 2}));
  const std::string cut = text.substr(0, text.size() - 20);
  EXPECT_EQ(ImportModelBytes("test.pbtxt", AsBytes(cut), {}, {}).status().code(),
            StatusCode::kCorruption);
}

}  // namespace
}  // namespace mace
