// Functions of a model: put in place, with their attributes, names and op sets.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "mace/testing/formats/test_evaluate.h"
#include "mace/testing/formats/test_net.h"
#include "mace/testing/formats/test_onnx.h"

namespace mace {
namespace {

using Field = onnx::AttributeProto;

HostTensor Floats(const std::vector<float>& values) {
  return HostTensor::FromVector(DType::kFloat32, Shape{static_cast<int64_t>(values.size())},
                                values);
}

void ExpectFloats(const TestOnnx& test, const std::vector<float>& x,
                  const std::vector<float>& expected) {
  const std::vector<HostTensor> outputs = ExpectOutputs(test.Import(), {Floats(x)});
  const std::vector<float> found = ToFloatVector(outputs[0]);
  ASSERT_EQ(found.size(), expected.size());
  for (size_t i = 0; i < found.size(); ++i) EXPECT_FLOAT_EQ(found[i], expected[i]) << i;
}

// y = LeakyRelu(x, @slope).
TestOnnx LeakyBody(int64_t opset = 17) {
  TestOnnx body(opset);
  body.Input("x", {});
  TestOnnx::SetReference(body.Node("LeakyRelu", {"x"}, {"y"}), "alpha", "slope", Field::FLOAT);
  body.Output("y");
  return body;
}

TEST(OnnxFunction, AttributesByReferenceAndByDefault) {
  TestOnnx test;
  test.Function("leaky", LeakyBody(), {"slope"});
  Field* slope = test.Function("gentle", LeakyBody())->add_attribute_proto();
  slope->set_name("slope");
  slope->set_type(Field::FLOAT);
  slope->set_f(0.25f);
  test.Input("x", {2});
  TestOnnx::SetFloat(test.Call("leaky", {"x"}, {"a"}), "slope", 0.5f);
  test.Call("gentle", {"a"}, {"b"});
  TestOnnx::SetFloat(test.Call("gentle", {"b"}, {"c"}), "slope", 2);
  // Not given and without a default: the op's own default, 0.01.
  test.Call("leaky", {"c"}, {"y"});
  test.Output("y");
  ExpectFloats(test, {4, -4}, {4, -4 * 0.5f * 0.25f * 2 * 0.01f});
}

TEST(OnnxFunction, NestedCallsPassAttributesOnAndKeepNamesApart) {
  TestOnnx inner = LeakyBody();
  TestOnnx outer;
  outer.Input("y", {});  // The same names as in the inner one, and as outside.
  TestOnnx::SetReference(outer.Call("leaky", {"y"}, {"x"}), "slope", "s", Field::FLOAT);
  outer.Node("Add", {"x", "y"}, {"z"});
  outer.Output("z");
  TestOnnx test;
  test.Function("leaky", inner, {"slope"});
  test.Function("outer", outer, {"s"});
  test.Input("x", {2});
  TestOnnx::SetFloat(test.Call("outer", {"x"}, {"z"}), "s", 0.5f);
  TestOnnx::SetFloat(test.Call("outer", {"z"}, {"y"}), "s", 0.25f);
  test.Output("y");
  ExpectFloats(test, {1, -2}, {4, (-2 + -1) * 1.25f});
}

TEST(OnnxFunction, AnOverloadIsAFunctionOfItsOwn) {
  TestOnnx test;
  TestOnnx twice;
  twice.Input("x", {});
  twice.Node("Add", {"x", "x"}, {"y"});
  twice.Output("y");
  test.Function("f", twice);
  TestOnnx negative;
  negative.Input("x", {});
  negative.Node("Neg", {"x"}, {"y"});
  negative.Output("y");
  test.Function("f", negative)->set_overload("negative");
  test.Input("x", {2});
  test.Call("f", {"x"}, {"a"});
  test.Call("f", {"a"}, {"y"})->set_overload("negative");
  test.Output("y");
  ExpectFloats(test, {1, 2}, {-2, -4});
}

// Before op set 13 the axes of Squeeze are an attribute; the model's op set has them as an input.
TEST(OnnxFunction, HasAnOpSetOfItsOwn) {
  TestOnnx body(11);
  body.Input("x", {});
  TestOnnx::SetInts(body.Node("Unsqueeze", {"x"}, {"y"}), "axes", {0});
  body.Output("y");
  TestOnnx softmax(11);
  softmax.Input("x", {});
  TestOnnx::SetInt(softmax.Node("Softmax", {"x"}, {"y"}), "axis", 0);
  softmax.Output("y");
  TestOnnx test(17);
  test.Function("row", body);
  test.Function("softmax", softmax);
  test.Input("x", {2});
  test.Call("row", {"x"}, {"a"});
  test.Call("softmax", {"a"}, {"y"});
  test.Output("y");
  // Op set 11: all axes from 0 on are one row. Op set 17 would give ones.
  ExpectFloats(test, {0, 0}, {0.5f, 0.5f});
}

// Nothing but calls: the model itself uses none of ONNX's own ops.
TEST(OnnxFunction, AModelOfCallsAloneNeedsNoOpSetOfItsOwn) {
  TestOnnx test;
  test.Function("leaky", LeakyBody(16), {"slope"});
  test.model().mutable_opset_import(0)->set_domain("test");
  test.Input("x", {1});
  TestOnnx::SetFloat(test.Call("leaky", {"x"}, {"y"}), "slope", 0.5f);
  test.Output("y");
  ExpectFloats(test, {-2}, {-1});
}

TEST(OnnxFunction, InputsAndOutputsThatAreNotGiven) {
  TestOnnx body;
  for (const char* name : {"x", "low", "high"}) body.Input(name, {});
  body.Node("Clip", {"x", "low", "high"}, {"y"});
  body.Node("NoSuchOp", {"x"}, {"unused"});
  body.Output("unused");
  body.Output("y");
  TestOnnx test;
  test.Function("clip", body);
  test.Input("x", {3});
  test.Floats("top", {}, {2});
  test.Call("clip", {"x", "", "top"}, {"", "a"});
  test.Floats("bottom", {}, {-1});
  test.Call("clip", {"a", "bottom"}, {"", "y"});
  test.Output("y");
  ExpectFloats(test, {-3, 1, 3}, {-1, 1, 2});
}

// A function stands before an op of its name, and an If in its body sees its attributes.
TEST(OnnxFunction, GraphsInItSeeItsNames) {
  TestOnnx then;
  TestOnnx::SetReference(then.Node("LeakyRelu", {"x"}, {"t"}), "alpha", "slope", Field::FLOAT);
  then.Output("t");
  TestOnnx otherwise;
  otherwise.Node("Neg", {"x"}, {"e"});
  otherwise.Output("e");
  TestOnnx body;
  body.Input("x", {});
  body.Input("condition", {}, onnx::TensorProto::BOOL);
  onnx::NodeProto* choice = body.Node("If", {"condition"}, {"y"});
  TestOnnx::SetGraph(choice, "then_branch", then);
  TestOnnx::SetGraph(choice, "else_branch", otherwise);
  body.Output("y");
  TestOnnx test;
  test.Function("f", body, {"slope"});
  test.Input("x", {2});
  test.Small("yes", {}, onnx::TensorProto::BOOL, {1});
  test.Small("no", {}, onnx::TensorProto::BOOL, {0});
  TestOnnx::SetFloat(test.Call("f", {"x", "yes"}, {"a"}), "slope", 0.5f);
  TestOnnx::SetFloat(test.Call("f", {"a", "no"}, {"y"}), "slope", 0.5f);
  test.Output("y");
  ExpectFloats(test, {1, -2}, {-1, 1});
}

// Quantized tensors go in and out.
TEST(OnnxFunction, QuantizedTensors) {
  TestOnnx body;
  for (const char* name : {"q", "scale"}) body.Input(name, {});
  body.Node("DequantizeLinear", {"q", "scale"}, {"y"});
  body.Output("y");
  TestOnnx test;
  test.Function("dequantize", body);
  test.Input("x", {2});
  test.Floats("scale", {}, {0.5f});
  test.Node("QuantizeLinear", {"x", "scale"}, {"q"});
  test.Call("dequantize", {"q", "scale"}, {"y"});
  test.Output("y");
  ExpectFloats(test, {1.2f, -3}, {1, 0});  // uint8.
}

void ExpectComplaint(const TestOnnx& test, const std::string& part) {
  const std::string complaint = test.Complaint();
  EXPECT_NE(complaint.find(part), std::string::npos) << complaint;
}

TEST(OnnxFunction, ThatCallsItselfIsRefused) {
  TestOnnx one, two;
  one.Input("x", {});
  one.Call("two", {"x"}, {"y"});
  one.Output("y");
  two.Input("x", {});
  two.Call("one", {"x"}, {"y"});
  two.Output("y");
  TestOnnx test;
  test.Function("one", one);
  test.Function("two", two);
  test.Input("x", {2});
  test.Call("one", {"x"}, {"y"});
  test.Output("y");
  ExpectComplaint(test,
                  "node 'y' (two): function 'two' of domain 'test': node 'y' (one): function 'one' "
                  "of domain 'test': expected a function that does not call itself");
}

// Each function calls the next one: once for depth, twice for 2^20 nodes.
TestOnnx Chain(int length, int calls) {
  TestOnnx test;
  for (int i = 0; i < length; ++i) {
    TestOnnx body;
    body.Input("x0", {});
    for (int k = 0; k < calls; ++k) {
      const std::string from = "x" + std::to_string(k), to = "x" + std::to_string(k + 1);
      if (i + 1 < length) {
        body.Call("f" + std::to_string(i + 1), {from}, {to});
      } else {
        body.Node("Relu", {from}, {to});
      }
    }
    body.Output("x" + std::to_string(calls));
    test.Function("f" + std::to_string(i), body);
  }
  test.Input("x", {2});
  test.Call("f0", {"x"}, {"y"});
  test.Output("y");
  return test;
}

TEST(OnnxFunction, DepthAndNumberAreBounded) {
  const StatusOr<std::shared_ptr<Graph>> deep = Chain(32, 1).Import();
  ASSERT_TRUE(deep.ok()) << deep.status().message();
  ExpectComplaint(Chain(33, 1), "lie at most 32 deep in one another");
  const StatusOr<std::shared_ptr<Graph>> wide = Chain(8, 2).Import();
  ASSERT_TRUE(wide.ok()) << wide.status().message();
  EXPECT_EQ(256u, (*wide)->nodes.size());
  ExpectComplaint(Chain(20, 2), "expected at most 65536 nodes and steps of loops");
}

struct Refusal {
  const char* complaint;
  void (*build)(TestOnnx* test);
};

TEST(OnnxFunction, Refusals) {
  const Refusal refusals[] = {
      {"attribute 'strange': expected one that the function has",
       [](TestOnnx* test) { TestOnnx::SetInt(test->Call("f", {"x"}, {"y"}), "strange", 1); }},
      {"attribute 'alpha': expected type FLOAT, found 'slope' of type INT",
       [](TestOnnx* test) { TestOnnx::SetInt(test->Call("f", {"x"}, {"y"}), "slope", 1); }},
      {"expected at most 1 inputs, found 2",
       [](TestOnnx* test) {
         test->Call("f", {"x", "x"}, {"y"});
       }},
      {"expected at most 1 outputs, found 2",
       [](TestOnnx* test) {
         test->Call("f", {"x"}, {"y", "z"});
       }},
      {"node 'y' (g): unknown op of domain 'test'",
       [](TestOnnx* test) { test->Call("g", {"x"}, {"y"}); }},
      {"node 'y' (f): unknown op of domain 'test'",
       [](TestOnnx* test) { test->Call("f", {"x"}, {"y"})->set_overload("other"); }},
      {"function 'f' of domain 'test': expected a unique name, found it twice",
       [](TestOnnx* test) {
         test->Function("f", LeakyBody());
         test->Call("f", {"x"}, {"y"});
       }},
      {"function 'old' of domain 'test': op set version: expected 6 to 28, found 3",
       [](TestOnnx* test) {
         test->Function("old", LeakyBody(3));
         test->Call("old", {"x"}, {"y"});
       }},
      {"node 'y' (Add): input 'outside': expected a tensor of this name, found none",
       [](TestOnnx* test) {
         TestOnnx body;
         body.Input("x", {});
         body.Node("Add", {"x", "outside"}, {"y"});
         body.Output("y");
         test->Function("h", body);
         test->Floats("outside", {1}, {1});  // A function does not see it.
         test->Call("h", {"x"}, {"y"});
       }},
      {"attribute 'alpha': expected an attribute 'slope' of the function around it, found none",
       [](TestOnnx* test) {
         TestOnnx::SetReference(test->Node("LeakyRelu", {"x"}, {"y"}), "alpha", "slope",
                                Field::FLOAT);
       }},
  };
  for (const Refusal& refusal : refusals) {
    TestOnnx test;
    test.Function("f", LeakyBody(), {"slope"});
    test.Input("x", {2});
    refusal.build(&test);
    test.Output("y");
    ExpectComplaint(test, refusal.complaint);
  }
}

}  // namespace
}  // namespace mace
