// Scan: axes and directions, and the form with a batch that op set 8 has.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "mace/testing/formats/test_evaluate.h"
#include "mace/testing/formats/test_onnx.h"

namespace mace {
namespace {

HostTensor Floats(const Shape& shape, const std::vector<float>& values) {
  return HostTensor::FromVector(DType::kFloat32, shape, values);
}

// sum += x, and the sum so far is gathered.
TestOnnx SumBody(int64_t opset) {
  TestOnnx body(opset);
  body.Input("sum", {});
  body.Input("x", {});
  body.Node("Add", {"sum", "x"}, {"next"});
  body.Node("Identity", {"next"}, {"so_far"});
  body.Output("next");
  body.Output("so_far");
  return body;
}

struct Sum {
  TestOnnx test;
  onnx::NodeProto* node;
};

Sum MakeSum(const std::vector<int64_t>& start, const std::vector<int64_t>& x) {
  Sum sum;
  sum.test.Input("start", start);
  sum.test.Input("x", x);
  sum.node = sum.test.Node("Scan", {"start", "x"}, {"last", "all"});
  TestOnnx::SetInt(sum.node, "num_scan_inputs", 1);
  TestOnnx::SetGraph(sum.node, "body", SumBody(17));
  sum.test.Output("last");
  sum.test.Output("all");
  return sum;
}

TEST(OnnxScan, AlongTheFirstAxis) {
  const Sum sum = MakeSum({2}, {3, 2});
  const std::vector<HostTensor> outputs =
      ExpectOutputs(sum.test.Import(), {Floats({2}, {10, 20}), Floats({3, 2}, {1, 2, 3, 4, 5, 6})});
  EXPECT_EQ((std::vector<float>{19, 32}), ToFloatVector(outputs[0]));
  EXPECT_EQ((Shape{3, 2}), outputs[1].shape());
  EXPECT_EQ((std::vector<float>{11, 22, 14, 26, 19, 32}), ToFloatVector(outputs[1]));
}

TEST(OnnxScan, AxesAndDirections) {
  Sum sum = MakeSum({2}, {2, 3});
  TestOnnx::SetInts(sum.node, "scan_input_axes", {-1});
  TestOnnx::SetInts(sum.node, "scan_input_directions", {1});
  TestOnnx::SetInts(sum.node, "scan_output_axes", {-1});
  TestOnnx::SetInts(sum.node, "scan_output_directions", {1});
  const std::vector<HostTensor> outputs =
      ExpectOutputs(sum.test.Import(), {Floats({2}, {10, 20}), Floats({2, 3}, {1, 3, 5, 2, 4, 6})});
  EXPECT_EQ((std::vector<float>{19, 32}), ToFloatVector(outputs[0]));
  EXPECT_EQ((Shape{2, 3}), outputs[1].shape());
  // From the last column on: 15, 18, 19 and 26, 30, 32, each put in front of the one before.
  EXPECT_EQ((std::vector<float>{19, 18, 15, 32, 30, 26}), ToFloatVector(outputs[1]));
}

TEST(OnnxScan, NoStep) {
  const Sum sum = MakeSum({2}, {0, 2});
  const std::vector<HostTensor> outputs =
      ExpectOutputs(sum.test.Import(), {Floats({2}, {10, 20}), Floats({0, 2}, {})});
  EXPECT_EQ((std::vector<float>{10, 20}), ToFloatVector(outputs[0]));
  EXPECT_EQ((Shape{0, 2}), outputs[1].shape());
}

// No state; two scanned inputs; what is around is seen.
TEST(OnnxScan, InputsAlone) {
  TestOnnx body;
  body.Input("a", {});
  body.Input("b", {});
  body.Node("Mul", {"a", "b"}, {"product"});
  body.Node("Add", {"product", "offset"}, {"y"});
  body.Output("y");
  TestOnnx test;
  test.Input("p", {2, 1});
  test.Input("q", {1, 2});
  test.Floats("offset", {}, {100});
  onnx::NodeProto* node = test.Node("Scan", {"p", "q"}, {"y"});
  TestOnnx::SetInt(node, "num_scan_inputs", 2);
  TestOnnx::SetInts(node, "scan_input_axes", {0, 1});
  TestOnnx::SetGraph(node, "body", body);
  test.Output("y");
  const std::vector<HostTensor> outputs =
      ExpectOutputs(test.Import(), {Floats({2, 1}, {2, 3}), Floats({1, 2}, {5, 7})});
  EXPECT_EQ((Shape{2, 1}), outputs[0].shape());
  EXPECT_EQ((std::vector<float>{110, 121}), ToFloatVector(outputs[0]));
}

TestOnnx Batched(bool has_lengths, bool is_reverse) {
  TestOnnx test(8);
  test.Input("start", {2, 1});
  test.Input("x", {2, 3, 1});
  if (has_lengths) test.Ints("lengths", {3, 2});
  onnx::NodeProto* node =
      test.Node("Scan", {has_lengths ? "lengths" : "", "start", "x"}, {"last", "all"});
  TestOnnx::SetInt(node, "num_scan_inputs", 1);
  if (is_reverse) TestOnnx::SetInts(node, "directions", {1});
  TestOnnx::SetGraph(node, "body", SumBody(8));
  test.Output("last");
  test.Output("all");
  return test;
}

TEST(OnnxScan, OpSet8HasABatch) {
  const std::vector<HostTensor> inputs = {Floats({2, 1}, {10, 20}),
                                          Floats({2, 3, 1}, {1, 2, 3, 4, 5, 6})};
  std::vector<HostTensor> outputs = ExpectOutputs(Batched(false, false).Import(), inputs);
  EXPECT_EQ((std::vector<float>{16, 35}), ToFloatVector(outputs[0]));
  EXPECT_EQ((Shape{2, 3, 1}), outputs[1].shape());
  EXPECT_EQ((std::vector<float>{11, 13, 16, 24, 29, 35}), ToFloatVector(outputs[1]));
  outputs = ExpectOutputs(Batched(false, true).Import(), inputs);
  EXPECT_EQ((std::vector<float>{13, 15, 16, 26, 31, 35}), ToFloatVector(outputs[1]));
  outputs = ExpectOutputs(Batched(true, false).Import(), inputs);
  EXPECT_EQ((std::vector<float>{16, 29}), ToFloatVector(outputs[0]));
  // The standard leaves the last one undefined.
  EXPECT_EQ((std::vector<float>{11, 13, 16, 24, 29, 0}), ToFloatVector(outputs[1]));
}

TEST(OnnxScan, Refusals) {
  struct Refusal {
    const char* complaint;
    void (*change)(Sum* sum);
  };
  const Refusal refusals[] = {
      {"attribute 'scan_input_axes': expected 1 numbers, found 2",
       [](Sum* sum) {
         TestOnnx::SetInts(sum->node, "scan_input_axes", {0, 1});
       }},
      {"attribute 'scan_output_directions': expected 0 or 1, found 2",
       [](Sum* sum) { TestOnnx::SetInts(sum->node, "scan_output_directions", {2}); }},
      {"attribute 'directions'", [](Sum* sum) { TestOnnx::SetInts(sum->node, "directions", {1}); }},
      {"num_scan_inputs 3", [](Sum* sum) { sum->node->mutable_attribute(0)->set_i(3); }},
      {"axis", [](Sum* sum) { TestOnnx::SetInts(sum->node, "scan_input_axes", {2}); }},
      {"expected a body with the inputs and outputs of the node",
       [](Sum* sum) { sum->node->add_output("more"); }},
  };
  for (const Refusal& refusal : refusals) {
    Sum sum = MakeSum({2}, {3, 2});
    refusal.change(&sum);
    EXPECT_NE(sum.test.Complaint().find(refusal.complaint), std::string::npos)
        << sum.test.Complaint();
  }
  const Sum many = MakeSum({1}, {100000, 1});
  EXPECT_NE(many.test.Complaint().find("expected at most 65536 nodes"), std::string::npos);
}

}  // namespace
}  // namespace mace
