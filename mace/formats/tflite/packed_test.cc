// Weights of TensorFlow Lite that are left to a node of the graph.
#include "mace/formats/tflite/packed.h"

#include <gtest/gtest.h>

#include "mace/testing/formats/test_evaluate.h"
#include "mace/testing/formats/test_net.h"
#include "mace/testing/formats/test_tflite.h"

namespace mace {
namespace {

constexpr int kRows = 512, kDepth = 512;

int8_t NumberAt(int row, int k) { return static_cast<int8_t>((row * 31 + k * 7) % 255 - 127); }

// Weights [kRows, kDepth], of which each row has its scale.
int AddWeights(TestTflite* test) {
  std::vector<int8_t> numbers;
  for (int i = 0; i < kRows * kDepth; ++i) numbers.push_back(NumberAt(i / kDepth, i % kDepth));
  TestTflite::Scaled by;
  for (int row = 0; row < kRows; ++row) {
    by.scales.push_back(0.25f + static_cast<float>(row % 4));
    by.zero_points.push_back(0);
  }
  return test->Constant<int8_t>("w", {kRows, kDepth}, tflite::TensorType_INT8, numbers, by);
}

double SumOfRow(int row) {
  double sum = 0;
  for (int k = 0; k < kDepth; ++k) sum += NumberAt(row, k);
  return sum * (0.25 + row % 4);
}

TEST(TflitePacked, FullyConnectedLeavesWeightsToANode) {
  for (const bool by_dequantize : {false, true}) {
    TestTflite test;
    const int x = test.Input("x", {1, kDepth});
    int w = AddWeights(&test);
    const int y = test.Tensor("y", {1, kRows});
    if (by_dequantize) {
      const int floats = test.Tensor("floats", {kRows, kDepth});
      test.Op(tflite::BuiltinOperator_DEQUANTIZE, {w}, {floats});
      w = floats;
    }
    test.Op(tflite::BuiltinOperator_FULLY_CONNECTED, {x, w}, {y});
    test.Output(y);
    const StatusOr<std::shared_ptr<Graph>> graph = test.Import();
    const std::vector<float> ones(kDepth, 1);
    const std::vector<float> found = ToFloatVector(
        ExpectOutputs(graph, {HostTensor::FromVector(DType::kFloat32, Shape{1, kDepth}, ones)})[0]);
    EXPECT_EQ(NodeTypes(**graph), "Dequantize MatMul");
    ASSERT_EQ(found.size(), static_cast<size_t>(kRows));
    for (int row : {0, 3, kRows - 1}) {
      EXPECT_NEAR(found[static_cast<size_t>(row)], SumOfRow(row), 1e-2) << row;
    }
  }
}

TEST(TflitePacked, AnotherReaderMakesThemFloats) {
  TestTflite test;
  const int x = test.Input("x", {1, kDepth});
  const int w = AddWeights(&test);
  const int y = test.Tensor("y", {1, kRows}), z = test.Tensor("z", {kRows, kDepth});
  test.Op(tflite::BuiltinOperator_FULLY_CONNECTED, {x, w}, {y});
  test.Op(tflite::BuiltinOperator_ADD, {w, y}, {z});
  test.Output(z);
  const StatusOr<std::shared_ptr<Graph>> graph = test.Import();
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  EXPECT_EQ(NodeTypes(**graph), "MatMul Eltwise");
}

}  // namespace
}  // namespace mace
