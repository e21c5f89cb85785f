// Ops on quantized tensors. Expected numbers are computed from the integers, with sums of 64 bits.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "mace/ops/integer_sums.h"
#include "mace/testing/formats/test_evaluate.h"
#include "mace/testing/formats/test_net.h"
#include "mace/testing/formats/test_onnx.h"

namespace mace {
namespace {

using Proto = onnx::TensorProto;

HostTensor Bytes8(const Shape& shape, std::vector<uint8_t> values) {
  return HostTensor::FromVector(DType::kUInt8, shape, std::move(values));
}

onnx::NodeProto* Microsoft(TestOnnx* test, const std::string& op,
                           const std::vector<std::string>& inputs) {
  onnx::NodeProto* node = test->Node(op, inputs, {"y"});
  node->set_domain("com.microsoft");
  return node;
}

// What a real becomes by a scale and zero point, as uint8.
int64_t Quantized(double real, double scale, double zero) {
  return static_cast<int64_t>(std::clamp(std::nearbyint(real / scale) + zero, 0.0, 255.0));
}

// Scales "s1", "s2", ... and zero points of uint8 "z1", "z2", ...
void AddScales(TestOnnx* test, const std::vector<float>& scales, const std::vector<int>& zeros) {
  for (size_t i = 0; i < scales.size(); ++i) {
    test->Floats("s" + std::to_string(i + 1), {}, {scales[i]});
    test->Small("z" + std::to_string(i + 1), {}, Proto::UINT8, {zeros[i]});
  }
}

TEST(OnnxQuantized, Convolution) {
  TestOnnx test;
  test.Input("x", {1, 2, 2, 2}, Proto::UINT8);
  AddScales(&test, {0.02f, 0, 0.05f}, {100, 0, 30});
  test.Small("w", {2, 2, 1, 1}, Proto::INT8, {5, -7, 100, 3});
  test.Floats("sw", {2}, {0.5f, 0.03f});
  test.Small("zw", {2}, Proto::INT8, {1, 0});
  test.Small("b", {2}, Proto::INT32, {100, -50});
  test.Node("QLinearConv", {"x", "s1", "z1", "w", "sw", "zw", "s3", "z3", "b"}, {"y"});
  test.Output("y", Proto::UINT8);
  const std::vector<uint8_t> x = {90, 255, 0, 110, 101, 99, 7, 200};
  const int64_t w[2][2] = {{5 - 1, -7 - 1}, {100, 3}};
  const int64_t bias[] = {100, -50};
  const double scales[] = {0.02 * 0.5, 0.02 * 0.03};
  std::vector<int64_t> expected;
  for (int o = 0; o < 2; ++o) {
    for (size_t i = 0; i < 4; ++i) {
      const int64_t sum = (x[i] - 100) * w[o][0] + (x[i + 4] - 100) * w[o][1] + bias[o];
      expected.push_back(Quantized(static_cast<double>(sum) * scales[o], 0.05, 30));
    }
  }
  const HostTensor y = ExpectOutputs(test.Import(), {Bytes8({1, 2, 2, 2}, x)})[0];
  EXPECT_EQ(y.dtype(), DType::kUInt8);
  EXPECT_EQ(ToInt64Vector(y), expected);
}

TEST(OnnxQuantized, ProductOfMatrices) {
  TestOnnx test;
  test.Input("a", {2, 3}, Proto::UINT8);
  AddScales(&test, {0.02f, 0.3f, 0.25f}, {12, 90, 128});
  test.Small("b", {3, 2}, Proto::UINT8, {80, 91, 250, 0, 3, 90});
  test.Node("QLinearMatMul", {"a", "s1", "z1", "b", "s2", "z2", "s3", "z3"}, {"y"});
  test.Output("y", Proto::UINT8);
  const std::vector<uint8_t> a = {0, 12, 255, 40, 80, 1};
  const int64_t b[] = {80, 91, 250, 0, 3, 90};
  std::vector<int64_t> expected;
  for (size_t r = 0; r < 2; ++r) {
    for (size_t c = 0; c < 2; ++c) {
      int64_t sum = 0;
      for (size_t k = 0; k < 3; ++k) sum += (a[r * 3 + k] - 12) * (b[k * 2 + c] - 90);
      expected.push_back(Quantized(static_cast<double>(sum) * 0.02 * 0.3, 0.25, 128));
    }
  }
  EXPECT_EQ(ToInt64Vector(ExpectOutputs(test.Import(), {Bytes8({2, 3}, a)})[0]), expected);
}

TEST(OnnxQuantized, GemmToIntegersAndToFloats) {
  for (const bool rounds : {true, false}) {
    TestOnnx test;
    test.Input("a", {1, 2}, Proto::UINT8);
    AddScales(&test, {0.5f, 0.25f, 0.3f}, {10, 0, 5});
    test.Small("b", {3, 2}, Proto::UINT8, {1, 2, 3, 4, 5, 6});
    test.Small("c", {3}, Proto::INT32, {8, 0, -16});
    std::vector<std::string> inputs = {"a", "s1", "z1", "b", "s2", "z2", "c"};
    if (rounds) inputs.insert(inputs.end(), {"s3", "z3"});
    onnx::NodeProto* node = Microsoft(&test, "QGemm", inputs);
    TestOnnx::SetInt(node, "transB", 1);
    TestOnnx::SetFloat(node, "alpha", 2);
    test.Output("y", rounds ? Proto::UINT8 : Proto::FLOAT);
    // The integers of a are 10 and -4.
    std::vector<double> reals;
    for (int64_t sum : {10 - 8 + 8, 30 - 16 + 0, 50 - 24 - 16}) {
      reals.push_back(2 * 0.5 * 0.25 * static_cast<double>(sum));
    }
    const HostTensor y = ExpectOutputs(test.Import(), {Bytes8({1, 2}, {20, 6})})[0];
    const std::vector<float> found = ToFloatVector(y);
    ASSERT_EQ(found.size(), 3u);
    for (size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(found[i], rounds ? static_cast<double>(Quantized(reals[i], 0.3, 5)) : reals[i]);
    }
  }
}

TEST(OnnxQuantized, SumsAndProductsAndConcatenation) {
  const std::vector<uint8_t> a = {1, 100, 255}, b = {3, 41, 250};
  for (const char* op : {"QLinearAdd", "QLinearMul", "QLinearConcat"}) {
    SCOPED_TRACE(op);
    TestOnnx test;
    test.Input("a", {1, 3}, Proto::UINT8);
    test.Input("b", {1, 3}, Proto::UINT8);
    AddScales(&test, {0.11f, 0.07f, 0.4f}, {60, 20, 40});
    const bool joins = std::string(op) == "QLinearConcat";
    const std::vector<std::string> parts = {"a", "s1", "z1", "b", "s2", "z2"};
    std::vector<std::string> inputs = {"s3", "z3"};
    inputs.insert(joins ? inputs.end() : inputs.begin(), parts.begin(), parts.end());
    onnx::NodeProto* node = Microsoft(&test, op, inputs);
    if (joins) TestOnnx::SetInt(node, "axis", 0);
    test.Output("y", Proto::UINT8);
    std::vector<int64_t> expected;
    for (size_t i = 0; i < 3; ++i) {
      const double left = 0.11 * (a[i] - 60), right = 0.07 * (b[i] - 20);
      if (joins) {
        expected.push_back(Quantized(left, 0.4, 40));
      } else {
        const bool adds = std::string(op) == "QLinearAdd";
        expected.push_back(Quantized(adds ? left + right : left * right, 0.4, 40));
      }
    }
    for (size_t i = 0; joins && i < 3; ++i) {
      expected.push_back(Quantized(0.07 * (b[i] - 20), 0.4, 40));
    }
    EXPECT_EQ(
        ToInt64Vector(ExpectOutputs(test.Import(), {Bytes8({1, 3}, a), Bytes8({1, 3}, b)})[0]),
        expected);
  }
}

// One tensor of four elements [1, 1, 2, 2], and its reals.
TEST(OnnxQuantized, OpsOfOneTensor) {
  const std::vector<uint8_t> x = {10, 100, 130, 251};
  std::vector<double> reals;
  for (uint8_t q : x) reals.push_back(0.05 * (q - 120));
  double total = 0;
  for (double real : reals) total += std::exp(real);
  for (const char* op : {"QLinearAveragePool", "QLinearGlobalAveragePool", "QLinearLeakyRelu",
                         "QLinearSigmoid", "QLinearSoftmax"}) {
    SCOPED_TRACE(op);
    const std::string name = op;
    TestOnnx test;
    test.Input("x", {1, 1, 2, 2}, Proto::UINT8);
    AddScales(&test, {0.05f, 0.01f}, {120, 128});
    onnx::NodeProto* node = Microsoft(&test, op, {"x", "s1", "z1", "s2", "z2"});
    std::vector<double> expected = reals;
    if (name == "QLinearAveragePool") {
      TestOnnx::SetInts(node, "kernel_shape", {1, 2});
      expected = {(reals[0] + reals[1]) / 2, (reals[2] + reals[3]) / 2};
    } else if (name == "QLinearGlobalAveragePool") {
      expected = {(reals[0] + reals[1] + reals[2] + reals[3]) / 4};
    } else if (name == "QLinearLeakyRelu") {
      TestOnnx::SetFloat(node, "alpha", 0.2f);
      for (double& real : expected) real = real < 0 ? 0.2 * real : real;
    } else if (name == "QLinearSigmoid") {
      for (double& real : expected) real = 1 / (1 + std::exp(-real));
    } else {
      // Before op set 13 the axes from 1 on are one.
      TestOnnx::SetInt(node, "axis", 1);
      TestOnnx::SetInt(node, "opset", 12);
      for (double& real : expected) real = std::exp(real) / total;
    }
    test.Output("y", Proto::UINT8);
    std::vector<int64_t> integers;
    for (double real : expected) integers.push_back(Quantized(real, 0.01, 128));
    EXPECT_EQ(ToInt64Vector(ExpectOutputs(test.Import(), {Bytes8({1, 1, 2, 2}, x)})[0]), integers);
  }
}

// 1000 products of 255 and 127, and one that makes the sum odd: no float32 holds it.
TEST(OnnxQuantized, SumsOfIntegersAreExact) {
  constexpr int64_t kDepth = 1000;
  constexpr int64_t kSum = kDepth * 255 * 127 - 127;
  static_assert(kSum > (1 << 24) && kSum % 2 == 1, "expected a sum that is no float");
  std::vector<uint8_t> a(kDepth, 255);
  a[700] = 254;
  for (const bool known : {true, false}) {
    for (const bool convolves : {true, false}) {
      SCOPED_TRACE(std::string(known ? "constant " : "given ") + (convolves ? "filter" : "matrix"));
      const std::vector<int64_t> a_dims =
          convolves ? std::vector<int64_t>{1, kDepth, 1, 1} : std::vector<int64_t>{1, kDepth};
      const std::vector<int64_t> b_dims =
          convolves ? std::vector<int64_t>{1, kDepth, 1, 1} : std::vector<int64_t>{kDepth, 1};
      TestOnnx test;
      test.Input("a", a_dims, Proto::UINT8);
      if (known) {
        test.Small("b", b_dims, Proto::INT8, std::vector<int32_t>(kDepth, 127));
      } else {
        test.Input("b", b_dims, Proto::INT8);
      }
      test.Node(convolves ? "ConvInteger" : "MatMulInteger", {"a", "b"}, {"y"});
      test.Output("y", Proto::INT32);
      const HostTensor b = HostTensor::FromVector<int8_t>(DType::kInt8, Shape(b_dims),
                                                          std::vector<int8_t>(kDepth, 127));
      const HostTensor y = ExpectOutputs(test.Import(), {Bytes8(Shape(a_dims), a), b})[0];
      EXPECT_EQ(y.dtype(), DType::kInt32);
      EXPECT_EQ(ToInt64Vector(y), (std::vector<int64_t>{kSum}));
    }
  }
}

TEST(OnnxQuantized, ZeroPointsOfIntegerProducts) {
  TestOnnx test;
  test.Input("a", {2, 2}, Proto::UINT8);
  test.Small("b", {2, 2}, Proto::INT8, {1, -2, 3, 100});
  test.Small("za", {2}, Proto::UINT8, {10, 20});
  test.Small("zb", {2}, Proto::INT8, {1, -100});
  test.Node("MatMulInteger", {"a", "b", "za", "zb"}, {"y"});
  test.Output("y", Proto::INT32);
  // Rows [1, -10] and [0, 235] of a, columns [0, 2] and [98, 200] of b.
  EXPECT_EQ(ToInt64Vector(ExpectOutputs(test.Import(), {Bytes8({2, 2}, {11, 0, 20, 255})})[0]),
            (std::vector<int64_t>{-20, 98 - 2000, 470, 47000}));
}

// Half precision does not hold the sums; the mark has them computed in float32.
TEST(OnnxQuantized, SumsOfIntegersAreMarked) {
  for (const bool convolves : {false, true}) {
    TestOnnx test;
    test.Input("a", convolves ? std::vector<int64_t>{1, 3, 2, 2} : std::vector<int64_t>{2, 3},
               Proto::UINT8);
    test.Small("b", convolves ? std::vector<int64_t>{1, 3, 1, 1} : std::vector<int64_t>{3, 1},
               Proto::INT8, {10, -20, 30});
    test.Node(convolves ? "ConvInteger" : "MatMulInteger", {"a", "b"}, {"y"});
    test.Output("y", Proto::INT32);
    const StatusOr<std::shared_ptr<Graph>> graph = test.Import();
    ASSERT_TRUE(graph.ok()) << graph.status().message();
    int products = 0;
    for (const Node& node : (*graph)->nodes) {
      const bool is_product = node.type == "MatMul" || node.type == "Conv2D";
      EXPECT_EQ(is_product ? 1 : 0, node.attributes.GetInt(kIntegerSums, 0)) << node.type;
      products += is_product ? 1 : 0;
    }
    EXPECT_EQ(1, products);
  }
}

// As quantize_dynamic of ONNX Runtime's tools writes a layer: nothing is made of integers.
TEST(OnnxQuantized, DynamicLayerStaysInFloats) {
  TestOnnx test;
  test.Input("x", {2, 3});
  test.Small("w", {3, 1}, Proto::INT8, {10, -20, 30});
  test.Small("zw", {}, Proto::INT8, {0});
  test.Node("DynamicQuantizeLinear", {"x"}, {"q", "scale", "zero"});
  test.Node("MatMulInteger", {"q", "w", "zero", "zw"}, {"sums"});
  TestOnnx::SetInt(test.Node("Cast", {"sums"}, {"floats"}), "to", Proto::FLOAT);
  test.Node("Mul", {"floats", "scale"}, {"y"});
  test.Output("y");
  const StatusOr<std::shared_ptr<Graph>> graph = test.Import();
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  for (const Node& node : (*graph)->nodes) {
    for (ValueId id : node.outputs) {
      EXPECT_NE((*graph)->value(id).info.dtype, DType::kInt32) << node.name;
    }
  }
  const std::vector<float> x = {1, -2, 3, 0.5f, 0.25f, -1};
  const float scale = 5.0f / 255.0f;  // The range is -2 to 3.
  std::vector<int64_t> q;
  for (float value : x) q.push_back(static_cast<int64_t>(std::nearbyint(value / scale)));
  const std::vector<float> found = ToFloatVector(
      ExpectOutputs(test.Import(), {HostTensor::FromVector(DType::kFloat32, Shape{2, 3}, x)})[0]);
  ASSERT_EQ(found.size(), 2u);
  for (size_t r = 0; r < 2; ++r) {
    const int64_t sum = 10 * q[3 * r] - 20 * q[3 * r + 1] + 30 * q[3 * r + 2];
    EXPECT_FLOAT_EQ(found[r], static_cast<float>(sum) * scale);
  }
}

TEST(OnnxQuantized, ProductsThatGiveFloats) {
  for (const bool dynamic : {true, false}) {
    TestOnnx test;
    test.Small("b", {2, 2}, Proto::UINT8, {11, 12, 13, 14});
    AddScales(&test, {0.5f, 0.25f}, {128, 10});
    test.Floats("bias", {2}, {100, 200});
    if (dynamic) {
      test.Input("a", {1, 2});
      Microsoft(&test, "DynamicQuantizeMatMul", {"a", "b", "s2", "z2", "bias"});
    } else {
      test.Input("a", {1, 2}, Proto::UINT8);
      Microsoft(&test, "MatMulIntegerToFloat", {"a", "b", "s1", "s2", "z1", "z2", "bias"});
    }
    test.Output("y");
    // As integers a is [127, -128] by its range of 255 halves, and [127, -128] by its zero point.
    const HostTensor a =
        dynamic ? HostTensor::FromVector<float>(DType::kFloat32, Shape{1, 2}, {63.5f, -64})
                : Bytes8({1, 2}, {255, 0});
    const std::vector<float> found = ToFloatVector(ExpectOutputs(test.Import(), {a})[0]);
    const std::vector<float> expected = {100 + 0.125f * (127 - 3 * 128),
                                         200 + 0.125f * (254 - 4 * 128)};
    EXPECT_EQ(found, expected);
  }
}

TEST(OnnxQuantized, WeightsOfFewBits) {
  constexpr int64_t kColumns = 40, kBlock = 16, kBlocks = 3;
  for (const int64_t bits : {4, 8}) {
    for (const bool has_zero_points : {false, true}) {
      SCOPED_TRACE(std::to_string(bits) + (has_zero_points ? " with zero points" : ""));
      const int64_t per_byte = 8 / bits, mask = (1 << bits) - 1;
      std::vector<int32_t> bytes(2 * kBlocks * kBlock / per_byte);
      for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<int32_t>(i * 37 % 256);
      const std::vector<float> scales = {1, 0.5f, 2, 0.25f, 4, 8};
      std::vector<int32_t> zeros = {0x53, 0x01, 0x2F, 0x04};  // Two rows of three in 4 bits.
      if (bits == 8) zeros = {3, 5, 1, 200, 2, 4};
      const std::vector<int64_t> points = bits == 8 ? std::vector<int64_t>{3, 5, 1, 200, 2, 4}
                                                    : std::vector<int64_t>{3, 5, 1, 15, 2, 4};
      TestOnnx test;
      test.Input("a", {1, kColumns});
      test.Small("b", {2, kBlocks, kBlock / per_byte}, Proto::UINT8, bytes);
      test.Floats("scales", {2 * kBlocks}, scales);
      test.Small("zeros", {static_cast<int64_t>(zeros.size())}, Proto::UINT8, zeros);
      onnx::NodeProto* node = Microsoft(&test, "MatMulNBits", {"a", "b", "scales"});
      if (has_zero_points) node->add_input("zeros");
      TestOnnx::SetInt(node, "K", kColumns);
      TestOnnx::SetInt(node, "N", 2);
      TestOnnx::SetInt(node, "bits", bits);
      TestOnnx::SetInt(node, "block_size", kBlock);
      test.Output("y");
      std::vector<float> a(kColumns);
      for (size_t i = 0; i < a.size(); ++i) a[i] = static_cast<float>(i % 7) - 3;
      std::vector<float> expected;
      for (int64_t row = 0; row < 2; ++row) {
        double sum = 0;
        for (int64_t k = 0; k < kColumns; ++k) {
          const int64_t at = row * kBlocks * kBlock + k, block = row * kBlocks + k / kBlock;
          const int64_t byte = bytes[static_cast<size_t>(at / per_byte)];
          const int64_t number = byte >> (at % per_byte * bits) & mask;
          const int64_t zero =
              has_zero_points ? points[static_cast<size_t>(block)] : (mask + 1) / 2;
          sum += static_cast<double>(number - zero) * scales[static_cast<size_t>(block)] *
                 a[static_cast<size_t>(k)];
        }
        expected.push_back(static_cast<float>(sum));
      }
      EXPECT_EQ(
          ToFloatVector(ExpectOutputs(
              test.Import(), {HostTensor::FromVector(DType::kFloat32, Shape{1, kColumns}, a)})[0]),
          expected);
    }
  }
}

TEST(OnnxQuantized, RefusesWeightsThatDoNotFit) {
  struct Bad {
    int64_t bits, block, columns;
    const char* complaint;
  };
  for (const Bad& bad : {Bad{3, 16, 16, "bits: expected 4 or 8, found 3"},
                         Bad{4, 24, 16, "block_size: expected a power of two from 16 on, found 24"},
                         Bad{4, 16, 0, "expected N and K of 1 or more, found 1 and 0"},
                         Bad{4, 16, 1 << 30, "input 1: expected 536870912 elements of uint8"},
                         Bad{4, 16, 12, "expected rows of 12 elements, found [1, 16]"}}) {
    TestOnnx test;
    test.Input("a", {1, 16});
    test.Small("b", {1, 1, 8}, Proto::UINT8, std::vector<int32_t>(8, 1));
    test.Floats("scales", {1}, {1});
    onnx::NodeProto* node = Microsoft(&test, "MatMulNBits", {"a", "b", "scales"});
    TestOnnx::SetInt(node, "K", bad.columns);
    TestOnnx::SetInt(node, "N", 1);
    TestOnnx::SetInt(node, "bits", bad.bits);
    TestOnnx::SetInt(node, "block_size", bad.block);
    test.Output("y");
    EXPECT_NE(test.Complaint().find(bad.complaint), std::string::npos) << test.Complaint();
  }
}

}  // namespace
}  // namespace mace
