// Weights behind DequantizeLinear: which of them are left to a node of the graph, and what they are.
#include <gtest/gtest.h>

#include <cmath>

#include "mace/formats/mace/export.h"
#include "mace/formats/proto/mace.pb.h"
#include "mace/testing/formats/test_evaluate.h"
#include "mace/testing/formats/test_net.h"
#include "mace/testing/formats/test_onnx.h"

namespace mace {
namespace {

using Proto = onnx::TensorProto;

constexpr int64_t kRows = 512, kColumns = 512;

int32_t NumberAt(int64_t row, int64_t column) {
  return static_cast<int32_t>((row * 31 + column * 7) % 255 - 127);
}

// w_floats = DequantizeLinear(w), with a scale of 0.25.
TestOnnx WithWeights(int64_t columns = kColumns) {
  TestOnnx test(21);
  std::vector<int32_t> numbers;
  for (int64_t i = 0; i < kRows * columns; ++i) {
    numbers.push_back(NumberAt(i / columns, i % columns));
  }
  test.Small("w", {kRows, columns}, Proto::INT8, numbers);
  test.Floats("scale", {}, {0.25f});
  test.Node("DequantizeLinear", {"w", "scale"}, {"w_floats"});
  return test;
}

std::string Types(const TestOnnx& test) {
  const StatusOr<std::shared_ptr<Graph>> graph = test.Import();
  return graph.ok() ? NodeTypes(**graph) : graph.status().message();
}

TEST(OnnxPackedWeights, ProductsAndTablesLeaveThemToANode) {
  struct Case {
    const char* op;
    bool weights_first;
  };
  for (const Case& each : {Case{"MatMul", false}, Case{"Gemm", false}, Case{"FusedMatMul", false},
                           Case{"Gather", true}}) {
    SCOPED_TRACE(each.op);
    TestOnnx test = WithWeights();
    if (each.weights_first) {
      test.Input("x", {3}, Proto::INT64);
      test.Node(each.op, {"w_floats", "x"}, {"y"});
    } else {
      test.Input("x", {3, kRows});
      onnx::NodeProto* node = test.Node(each.op, {"x", "w_floats"}, {"y"});
      if (std::string(each.op) == "FusedMatMul") node->set_domain("com.microsoft");
    }
    test.Output("y");
    EXPECT_EQ(Types(test), std::string("Dequantize ") + (each.weights_first ? "Gather" : "MatMul"));
  }
}

TEST(OnnxPackedWeights, SmallOnesAndThoseOfOtherReadersAreFloats) {
  TestOnnx small = WithWeights(kColumns - 1);
  small.Input("x", {1, kRows});
  small.Node("MatMul", {"x", "w_floats"}, {"y"});
  small.Output("y");
  EXPECT_EQ(Types(small), "MatMul");
  TestOnnx other = WithWeights();
  other.Input("x", {1, kRows});
  other.Node("MatMul", {"x", "w_floats"}, {"y"});
  other.Node("Add", {"y", "w_floats"}, {"z"});
  other.Output("z");
  // The node is still there, and nobody reads it.
  EXPECT_EQ(Types(other), "Dequantize MatMul Eltwise");
  const StatusOr<std::shared_ptr<Graph>> graph = other.Import();
  ASSERT_TRUE(graph.ok());
  for (size_t i : {size_t{1}, size_t{2}}) {
    EXPECT_TRUE((*graph)->IsConstant((*graph)->nodes[i].inputs[1]));
  }
  std::vector<float> ones(kRows, 1);
  const std::vector<float> z = ToFloatVector(ExpectOutputs(
      other.Import(), {HostTensor::FromVector(DType::kFloat32, Shape{1, kRows}, ones)})[0]);
  double sum = 0;
  for (int64_t row = 0; row < kRows; ++row) sum += 0.25 * NumberAt(row, 5);
  ASSERT_EQ(z.size(), static_cast<size_t>(kRows * kColumns));
  EXPECT_NEAR(z[static_cast<size_t>(7 * kColumns + 5)], sum + 0.25 * NumberAt(7, 5), 1e-3);
}

TEST(OnnxPackedWeights, AFileOfMaceHasFloatsAsBefore) {
  TestOnnx test = WithWeights();
  test.Input("x", {1, kRows});
  test.Node("MatMul", {"x", "w_floats"}, {"y"});
  test.Output("y");
  const StatusOr<std::shared_ptr<Graph>> graph = test.Import();
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  const StatusOr<MaceExport> exported = ExportMace(**graph, {});
  ASSERT_TRUE(exported.ok()) << exported.status().message();
  wire::MultiNetDef model;
  ASSERT_TRUE(model.ParseFromString(exported->model));
  ASSERT_EQ(model.net_def(0).op_size(), 1);
  EXPECT_EQ(model.net_def(0).op(0).type(), "MatMul");
  ASSERT_EQ(model.net_def(0).tensors_size(), 1);
  EXPECT_TRUE(model.net_def(0).tensors(0).quantized());
  EXPECT_EQ(model.net_def(0).tensors(0).scale(), 0.25f);
}

// Numbers of 4 bits in bytes, with zero points that are given or not, and one row of them alone.
TEST(OnnxPackedWeights, GatherBlockQuantized) {
  constexpr int64_t kWidth = 40, kBlocks = 3;  // Blocks of 16, the last one of 8.
  for (const bool has_zero_points : {false, true}) {
    TestOnnx test(21);
    std::vector<int32_t> bytes, zeros;
    std::vector<float> scales;
    for (int64_t i = 0; i < 3 * kWidth / 2; ++i)
      bytes.push_back(static_cast<int32_t>(i * 37 % 256));
    for (int64_t i = 0; i < 3 * kBlocks; ++i)
      scales.push_back(0.5f + static_cast<float>(i) * 0.25f);
    for (int64_t i = 0; i < 3 * 2; ++i) zeros.push_back(static_cast<int32_t>(0x21 + i));
    test.Input("x", {2}, Proto::INT64);
    test.Small("table", {3, kWidth / 2}, Proto::UINT8, bytes);
    test.Floats("scales", {3, kBlocks}, scales);
    test.Small("zeros", {3, 2}, Proto::UINT8, zeros);
    onnx::NodeProto* node = test.Node("GatherBlockQuantized", {"table", "x", "scales"}, {"y"});
    node->set_domain("com.microsoft");
    if (has_zero_points) node->add_input("zeros");
    TestOnnx::SetInt(node, "block_size", 16);
    test.Output("y");
    std::vector<float> expected;
    for (int64_t row : {2, 0}) {
      for (int64_t column = 0; column < kWidth; ++column) {
        const int64_t block = column / 16;
        const int32_t byte = bytes[static_cast<size_t>(row * kWidth / 2 + column / 2)];
        const int32_t number = column % 2 == 0 ? byte % 16 : byte / 16;
        const int32_t packed_zero = zeros[static_cast<size_t>(row * 2 + block / 2)];
        const int32_t zero = !has_zero_points ? 8
                             : block % 2 == 0 ? packed_zero % 16
                                              : packed_zero / 16;
        expected.push_back(static_cast<float>(number - zero) *
                           scales[static_cast<size_t>(row * kBlocks + block)]);
      }
    }
    EXPECT_EQ(ToFloatVector(ExpectOutputs(test.Import(), {HostTensor::FromVector<int64_t>(
                                                             DType::kInt64, {2}, {-1, 0})})[0]),
              expected);
  }
}

TEST(OnnxPackedWeights, GatherBlockQuantizedRefusesWhatDoesNotFit) {
  struct Case {
    int64_t bits, block_size;
    const char* complaint;
  };
  for (const Case& each : {Case{2, 16, "bits: expected 4 or 8, found 2"},
                           Case{8, 24, "block_size: expected a power of two from 16 on, found 24"},
                           Case{8, 16, "expected one number or [2, 2] of them"}}) {
    TestOnnx test(21);
    test.Input("x", {2}, Proto::INT64);
    test.Small("table", {2, 32}, Proto::UINT8, std::vector<int32_t>(64, 1));
    test.Floats("scales", {2, 1}, {1, 1});
    onnx::NodeProto* node = test.Node("GatherBlockQuantized", {"table", "x", "scales"}, {"y"});
    node->set_domain("com.microsoft");
    TestOnnx::SetInt(node, "bits", each.bits);
    TestOnnx::SetInt(node, "block_size", each.block_size);
    test.Output("y");
    EXPECT_NE(test.Complaint().find(each.complaint), std::string::npos) << test.Complaint();
  }
}

}  // namespace
}  // namespace mace
