// GatherElements and ScatterElements whose indices are one index a row, expanded over the other axes.
#include <gtest/gtest.h>

#include "mace/testing/formats/test_evaluate.h"
#include "mace/testing/formats/test_net.h"
#include "mace/testing/formats/test_onnx.h"

namespace mace {
namespace {

using Proto = onnx::TensorProto;

HostTensor Indices(const std::vector<int64_t>& rows) {
  return HostTensor::FromVector(DType::kInt64, {static_cast<int64_t>(rows.size()), 1}, rows);
}

HostTensor Floats(Shape shape, const std::vector<float>& values) {
  return HostTensor::FromVector(DType::kFloat32, std::move(shape), values);
}

// indices [3, 1], expanded to [3, columns].
TestOnnx WithIndices(int64_t columns) {
  TestOnnx test(18);
  test.Input("indices", {3, 1}, Proto::INT64);
  test.Ints("shape", {3, columns});
  test.Node("Expand", {"indices", "shape"}, {"expanded"});
  return test;
}

TEST(OnnxCommonIndices, ScatterElementsMovesRows) {
  TestOnnx test = WithIndices(2);
  test.Input("x", {4, 2});
  test.Input("updates", {3, 2});
  onnx::NodeProto* node = test.Node("ScatterElements", {"x", "expanded", "updates"}, {"y"});
  TestOnnx::SetString(node, "reduction", "add");
  test.Output("y");
  const auto graph = test.Import();
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  EXPECT_EQ(NodeTypes(**graph), "Tile Reshape Scatter");
  const std::vector<HostTensor> y =
      ExpectOutputs(graph, {Indices({2, 0, -2}), Floats({4, 2}, {1, 2, 3, 4, 5, 6, 7, 8}),
                            Floats({3, 2}, {10, 20, 30, 40, 50, 60})});
  EXPECT_EQ(ToFloatVector(y[0]), (std::vector<float>{31, 42, 3, 4, 65, 86, 7, 8}));
}

// A part of the columns: each element by itself.
TEST(OnnxCommonIndices, OtherScattersMoveElements) {
  TestOnnx test = WithIndices(2);
  test.Input("x", {4, 3});
  test.Input("updates", {3, 2});
  test.Node("ScatterElements", {"x", "expanded", "updates"}, {"y"});
  test.Output("y");
  const std::vector<HostTensor> y = ExpectOutputs(
      test.Import(), {Indices({2, 0, -1}), Floats({4, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}),
                      Floats({3, 2}, {10, 20, 30, 40, 50, 60})});
  EXPECT_EQ(ToFloatVector(y[0]), (std::vector<float>{30, 40, 3, 4, 5, 6, 10, 20, 9, 50, 60, 12}));
}

TEST(OnnxCommonIndices, GatherElementsChoosesRows) {
  TestOnnx test = WithIndices(2);
  test.Input("x", {4, 2});
  test.Node("GatherElements", {"x", "expanded"}, {"y"});
  test.Output("y");
  const auto graph = test.Import();
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  EXPECT_EQ(NodeTypes(**graph), "Tile Reshape Gather");
  const std::vector<HostTensor> y =
      ExpectOutputs(graph, {Indices({3, 0, -2}), Floats({4, 2}, {1, 2, 3, 4, 5, 6, 7, 8})});
  EXPECT_EQ(ToFloatVector(y[0]), (std::vector<float>{7, 8, 1, 2, 5, 6}));
}

}  // namespace
}  // namespace mace
