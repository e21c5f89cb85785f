// Models that the ONNX importer refuses, each with a message that names node, expected and found.
#include <gtest/gtest.h>

#include <functional>

#include "mace/testing/formats/test_onnx.h"

namespace mace {
namespace {

struct Refusal {
  const char* complaint;
  std::function<void(TestOnnx*)> build;
};

TestOnnx Base() {
  TestOnnx test;
  test.Input("x", {1, 2, 4, 4});
  return test;
}

void Expect(const Refusal& refusal) {
  TestOnnx test = Base();
  refusal.build(&test);
  if (test.graph().output_size() == 0) test.Output("y");
  const std::string complaint = test.Complaint();
  EXPECT_NE(complaint.find(refusal.complaint), std::string::npos)
      << "expected '" << refusal.complaint << "', found '" << complaint << "'";
}

TEST(OnnxRefusal, Graphs) {
  const Refusal refusals[] = {
      {"node 'n' (Bogus): unknown op",
       [](TestOnnx* test) { test->Node("Bogus", {"x"}, {"y"})->set_name("n"); }},
      {"node 'y' (Relu): unknown op of domain 'com.example'",
       [](TestOnnx* test) { test->Node("Relu", {"x"}, {"y"})->set_domain("com.example"); }},
      {"node 'y' (Add): input 'gone': expected a tensor of this name, found none",
       [](TestOnnx* test) {
         test->Node("Add", {"x", "gone"}, {"y"});
       }},
      {"expected no cycle, found that it needs its own output",
       [](TestOnnx* test) {
         test->Node("Add", {"x", "b"}, {"a"});
         test->Node("Relu", {"a"}, {"b"});
         test->Node("Tanh", {"b"}, {"y"});
       }},
      {"node 'y' (Tanh): tensor 'y': expected one source, found that it is made twice",
       [](TestOnnx* test) {
         test->Node("Relu", {"x"}, {"y"});
         test->Node("Tanh", {"x"}, {"y"});
       }},
      {"tensor 'w': expected one source",
       [](TestOnnx* test) {
         test->Floats("w", {1}, {1});
         test->Floats("w", {1}, {2});
       }},
      {"output 'y': expected a tensor of this name, found none", [](TestOnnx*) {}},
      {"expected a tensor of a known type, found STRING",
       [](TestOnnx* test) {
         test->Input("s", {1}, onnx::TensorProto::STRING);
         test->Node("Relu", {"s"}, {"y"});
       }},
      {"op set version: expected 6 to 28, found 5",
       [](TestOnnx* test) { test->model().mutable_opset_import(0)->set_version(5); }},
      {"op set version: expected 6 to 28, found 0",
       [](TestOnnx* test) {
         test->Node("Relu", {"x"}, {"y"});
         test->model().clear_opset_import();
       }},
      {"op set version: expected 6 to 28, found 1000",
       [](TestOnnx* test) { test->model().mutable_opset_import(0)->set_version(1000); }},
  };
  for (const Refusal& refusal : refusals) Expect(refusal);
}

TEST(OnnxRefusal, Nodes) {
  const Refusal refusals[] = {
      {"attribute 'strange'",
       [](TestOnnx* test) { TestOnnx::SetInt(test->Node("Relu", {"x"}, {"y"}), "strange", 1); }},
      // An attribute of the wrong type counts as unknown.
      {"attribute 'axis'",
       [](TestOnnx* test) { TestOnnx::SetFloat(test->Node("Softmax", {"x"}, {"y"}), "axis", 1); }},
      {"expected at most 1 inputs, found 2",
       [](TestOnnx* test) {
         test->Node("Relu", {"x", "x"}, {"y"});
       }},
      {"expected 2 inputs, found 1", [](TestOnnx* test) { test->Node("Add", {"x"}, {"y"}); }},
      {"expected 2 inputs, found none for input 0",
       [](TestOnnx* test) {
         test->Node("Add", {"", "x"}, {"y"});
       }},
      {"does not fit weights [3, 5, 1, 1] in 1 groups",
       [](TestOnnx* test) {
         test->Floats("w", {3, 5, 1, 1}, std::vector<float>(15));
         test->Node("Conv", {"x", "w"}, {"y"});
       }},
      {"kernel_shape: expected [1, 1] of the weights, found [3, 3]",
       [](TestOnnx* test) {
         test->Floats("w", {3, 2, 1, 1}, std::vector<float>(6));
         TestOnnx::SetInts(test->Node("Conv", {"x", "w"}, {"y"}), "kernel_shape", {3, 3});
       }},
      {"kernel_shape: expected 2 numbers",
       [](TestOnnx* test) { test->Node("MaxPool", {"x"}, {"y"}); }},
      {"input 'mean': this output of node 'top' (BatchNormalization) is not supported",
       [](TestOnnx* test) {
         test->Floats("w", {2}, {1, 2});
         test->Node("BatchNormalization", {"x", "w", "w", "w", "w"}, {"top", "mean"});
         test->Node("Neg", {"mean"}, {"y"});
       }},
      {"[1, 2, 4, 4] and [3]",
       [](TestOnnx* test) {
         test->Floats("w", {3}, {1, 2, 3});
         test->Node("Add", {"x", "w"}, {"y"});
       }},
      {"expected inputs of one type, found float32 and int64",
       [](TestOnnx* test) {
         test->Ints("w", {1});
         test->Node("Add", {"x", "w"}, {"y"});
       }},
      {"spatial: expected 1, found statistics for each position",
       [](TestOnnx* test) {
         test->Floats("w", {2}, {1, 2});
         onnx::NodeProto* node = test->Node("BatchNormalization", {"x", "w", "w", "w", "w"}, {"y"});
         TestOnnx::SetInt(node, "spatial", 0);
       }},
      {"to: element type STRING",
       [](TestOnnx* test) { TestOnnx::SetInt(test->Node("Cast", {"x"}, {"y"}), "to", 8); }},
      {"expected at most 2^24 numbers",
       [](TestOnnx* test) {
         test->Floats("zero", {}, {0});
         test->Floats("one", {}, {1});
         test->Floats("far", {}, {1e30f});
         test->Node("Range", {"zero", "far", "one"}, {"y"});
       }},
      {"bytes of constants that are made at import",
       [](TestOnnx* test) {
         test->Floats("zero", {}, {0});
         test->Floats("one", {}, {1});
         test->Floats("far", {}, {1 << 23});
         test->Node("Range", {"zero", "far", "one"}, {"y"});
       }},
      {"expected sizes that add up to 2",
       [](TestOnnx* test) {
         test->Ints("sizes", {1, -1, 2});
         TestOnnx::SetInt(test->Node("Split", {"x", "sizes"}, {"y", "b", "c"}), "axis", 1);
       }},
  };
  for (const Refusal& refusal : refusals) Expect(refusal);
}

}  // namespace
}  // namespace mace
