// QuantizeLinear, DequantizeLinear and DynamicQuantizeLinear. Expected numbers are computed
// by hand, or by the formula of the standard, which is written out here.
#include <gtest/gtest.h>

#include <cmath>

#include "mace/testing/formats/test_evaluate.h"
#include "mace/testing/formats/test_net.h"
#include "mace/testing/formats/test_onnx.h"

namespace mace {
namespace {

using Proto = onnx::TensorProto;

HostTensor Floats(const Shape& shape, std::vector<float> values) {
  return HostTensor::FromVector(DType::kFloat32, shape, std::move(values));
}

std::string Types(const TestOnnx& test) {
  const StatusOr<std::shared_ptr<Graph>> graph = test.Import();
  return graph.ok() ? NodeTypes(**graph) : graph.status().message();
}

TEST(OnnxQuantize, RoundsHalfToEvenAndSaturates) {
  TestOnnx test;
  test.Input("x", {9});
  test.Floats("scale", {}, {2});
  test.Small("zero", {}, Proto::UINT8, {128});
  test.Node("QuantizeLinear", {"x", "scale", "zero"}, {"y"});
  test.Output("y", Proto::UINT8);
  const HostTensor x = Floats({9}, {0, 1, 3, 5, -1, -3, 1000, -254, -1000});
  const HostTensor y = ExpectOutputs(test.Import(), {x})[0];
  EXPECT_EQ(y.dtype(), DType::kUInt8);
  // 0.5, 1.5, 2.5, -0.5 and -1.5 steps lie between two integers.
  EXPECT_EQ(ToInt64Vector(y), (std::vector<int64_t>{128, 128, 130, 130, 128, 126, 255, 1, 0}));
}

TEST(OnnxQuantize, TheTypeIsThatOfTheZeroPointOrOfTheAttribute) {
  struct Case {
    int32_t type;
    int64_t low, high;
  };
  for (const Case& c :
       {Case{Proto::UINT8, 0, 255}, Case{Proto::INT8, -128, 127}, Case{Proto::UINT16, 0, 65535},
        Case{Proto::INT16, -32768, 32767}, Case{Proto::UINT4, 0, 15}, Case{Proto::INT4, -8, 7}}) {
    for (const bool by_attribute : {false, true}) {
      SCOPED_TRACE(std::to_string(c.type) + (by_attribute ? " attribute" : " zero point"));
      TestOnnx test(21);
      test.Input("x", {3});
      test.Floats("scale", {}, {0.5f});
      test.Small("zero", {}, c.type, {by_attribute ? 0 : 3});
      onnx::NodeProto* node = test.Node("QuantizeLinear", {"x", "scale"}, {"q"});
      onnx::NodeProto* back = test.Node("DequantizeLinear", {"q", "scale"}, {"y"});
      if (by_attribute) {
        TestOnnx::SetInt(node, "output_dtype", c.type);
      } else {
        node->add_input("zero");
        back->add_input("zero");
      }
      test.Output("y");
      const float zero = by_attribute ? 0 : 3;
      // 0.6 is 1.2 steps, which is one.
      EXPECT_EQ(ToFloatVector(ExpectOutputs(test.Import(), {Floats({3}, {-1e6f, 0.6f, 1e6f})})[0]),
                (std::vector<float>{(static_cast<float>(c.low) - zero) * 0.5f, 0.5f,
                                    (static_cast<float>(c.high) - zero) * 0.5f}));
    }
  }
}

TEST(OnnxQuantize, EachPlaceOfAnAxisHasItsScale) {
  TestOnnx test;
  test.Input("x", {2, 3});
  test.Floats("scale", {2}, {1, 0.25f});
  test.Small("zero", {2}, Proto::INT8, {-10, 5});
  for (const char* op : {"QuantizeLinear", "DequantizeLinear"}) {
    const bool quantizes = op[0] == 'Q';
    TestOnnx::SetInt(
        test.Node(op, {quantizes ? "x" : "q", "scale", "zero"}, {quantizes ? "q" : "y"}), "axis",
        -2);
  }
  test.Output("q", Proto::INT8);
  test.Output("y");
  const std::vector<HostTensor> found =
      ExpectOutputs(test.Import(), {Floats({2, 3}, {-200, 2.5f, 200, -0.3f, 0.3f, 100})});
  EXPECT_EQ(ToInt64Vector(found[0]), (std::vector<int64_t>{-128, -8, 127, 4, 6, 127}));
  EXPECT_EQ(ToFloatVector(found[1]), (std::vector<float>{-118, 2, 137, -0.25f, 0.25f, 30.5f}));
}

TEST(OnnxQuantize, BlocksShareAScaleAndTheLastMayBeShort) {
  TestOnnx test(21);
  test.Input("q", {1, 5}, Proto::UINT8);
  test.Small("w", {1, 5}, Proto::UINT8, {10, 20, 30, 40, 50});
  test.Floats("scale", {1, 3}, {1, 0.5f, 2});
  test.Small("zero", {1, 3}, Proto::UINT8, {0, 10, 20});
  for (const char* from : {"q", "w"}) {
    onnx::NodeProto* node =
        test.Node("DequantizeLinear", {from, "scale", "zero"}, {std::string(from) + "_real"});
    TestOnnx::SetInt(node, "axis", 1);
    TestOnnx::SetInt(node, "block_size", 2);
  }
  test.Output("q_real");
  test.Output("w_real");
  const HostTensor q = HostTensor::FromVector<uint8_t>(DType::kUInt8, {1, 5}, {10, 20, 30, 40, 50});
  const std::vector<float> expected = {10, 20, 10, 15, 60};
  for (const HostTensor& found : ExpectOutputs(test.Import(), {q}))
    EXPECT_EQ(ToFloatVector(found), expected);
}

TEST(OnnxQuantize, ABlockMayBeLargerThanTheAxis) {
  for (const int64_t block : {int64_t{5}, int64_t{6}, INT64_MAX}) {
    TestOnnx test(21);
    test.Input("q", {1, 5}, Proto::UINT8);
    test.Small("w", {1, 5}, Proto::UINT8, {10, 20, 30, 40, 50});
    test.Floats("scale", {1, 1}, {0.5f});
    for (const char* from : {"q", "w"}) {
      onnx::NodeProto* node =
          test.Node("DequantizeLinear", {from, "scale"}, {std::string(from) + "_real"});
      TestOnnx::SetInt(node, "axis", 1);
      TestOnnx::SetInt(node, "block_size", block);
    }
    test.Output("q_real");
    test.Output("w_real");
    const HostTensor q =
        HostTensor::FromVector<uint8_t>(DType::kUInt8, {1, 5}, {10, 20, 30, 40, 50});
    for (const HostTensor& found : ExpectOutputs(test.Import(), {q})) {
      EXPECT_EQ(ToFloatVector(found), (std::vector<float>{5, 10, 15, 20, 25})) << block;
    }
  }
}

TEST(OnnxQuantize, FourBitsArePackedInBytes) {
  TestOnnx test(21);
  test.Input("x", {3});
  Proto* raw = test.Small("raw", {3}, Proto::INT4, {});
  raw->set_raw_data(std::string("\xF8\x07", 2));          // -8, -1, 7.
  test.Small("listed", {3}, Proto::UINT4, {0xF8, 0x07});  // 8, 15, 7.
  test.Floats("scale", {}, {0.5f});
  test.Node("DequantizeLinear", {"raw", "scale"}, {"a"});
  test.Node("DequantizeLinear", {"listed", "scale"}, {"b"});
  test.Node("Add", {"x", "a"}, {"c"});
  test.Node("Add", {"c", "b"}, {"y"});
  test.Output("y");
  EXPECT_EQ(ToFloatVector(ExpectOutputs(test.Import(), {Floats({3}, {0, 0, 0})})[0]),
            (std::vector<float>{0, 7, 7}));
}

TEST(OnnxQuantize, SixteenAndThirtyTwoBitsAreDequantized) {
  TestOnnx test(21);
  test.Input("x", {2});
  Proto* raw = test.Small("raw", {2}, Proto::INT16, {});
  raw->set_raw_data(std::string("\x00\x80\x01\x00", 4));  // -32768, 1.
  test.Small("wide", {2}, Proto::INT32, {100000, -3});
  test.Floats("scale", {}, {0.5f});
  test.Node("DequantizeLinear", {"raw", "scale"}, {"a"});
  test.Node("DequantizeLinear", {"wide", "scale"}, {"b"});
  test.Node("Sum", {"x", "a", "b"}, {"y"});
  test.Output("y");
  EXPECT_EQ(ToFloatVector(ExpectOutputs(test.Import(), {Floats({2}, {0, 0})})[0]),
            (std::vector<float>{-16384 + 50000, 0.5f - 1.5f}));
}

// What moves elements does not leave the floats; what reads integers gets them.
TEST(OnnxQuantize, IntegersAreMadeWhereTheyAreRead) {
  TestOnnx test;
  test.Input("x", {1, 1, 2, 2});
  test.Floats("scale", {}, {0.1f});
  test.Small("zero", {}, Proto::UINT8, {7});
  test.Node("QuantizeLinear", {"x", "scale", "zero"}, {"q"});
  TestOnnx::SetInts(test.Node("MaxPool", {"q"}, {"top"}), "kernel_shape", {1, 2});
  test.Ints("dims", {2});
  test.Node("Reshape", {"top", "dims"}, {"flat"});
  test.Node("DequantizeLinear", {"flat", "scale", "zero"}, {"y"});
  test.Output("y");
  EXPECT_EQ(Types(test), "Unary Transpose Pooling Transpose Reshape");
  test.Output("flat", Proto::UINT8);
  TestOnnx::SetInt(test.Node("Cast", {"flat"}, {"wide"}), "to", Proto::INT64);
  test.Output("wide", Proto::INT64);
  const std::vector<HostTensor> found =
      ExpectOutputs(test.Import(), {Floats({1, 1, 2, 2}, {0.11f, 0.29f, -5, -0.72f})});
  EXPECT_EQ(ToFloatVector(found[0]), (std::vector<float>{3 * 0.1f, -7 * 0.1f}));
  EXPECT_EQ(found[1].dtype(), DType::kUInt8);
  EXPECT_EQ(ToInt64Vector(found[1]), (std::vector<int64_t>{10, 0}));
  EXPECT_EQ(ToInt64Vector(found[2]), (std::vector<int64_t>{10, 0}));
}

// Another scale than the one that the tensor was quantized with is a model's right.
TEST(OnnxQuantize, AnotherScaleReadsTheIntegers) {
  TestOnnx test;
  test.Input("x", {2});
  test.Floats("scale", {}, {0.5f});
  test.Floats("other", {}, {3});
  test.Small("zero", {}, Proto::UINT8, {7});
  test.Small("one", {}, Proto::UINT8, {1});
  test.Node("QuantizeLinear", {"x", "scale", "zero"}, {"q"});
  test.Node("DequantizeLinear", {"q", "other", "one"}, {"y"});
  test.Output("y");
  EXPECT_EQ(ToFloatVector(ExpectOutputs(test.Import(), {Floats({2}, {1, -1})})[0]),
            (std::vector<float>{24, 12}));
}

// The chain that fuse_requantize makes an integer convolution of.
TEST(OnnxQuantize, ConvolutionsKeepTheScaleOfTheirFilter) {
  TestOnnx test;
  test.Input("x", {1, 2, 3, 3});
  test.Floats("scale", {}, {0.5f});
  test.Small("zero", {}, Proto::INT8, {0});
  test.Small("w", {1, 2, 1, 1}, Proto::INT8, {3, -4});
  test.Node("QuantizeLinear", {"x", "scale", "zero"}, {"xq"});
  test.Node("DequantizeLinear", {"xq", "scale", "zero"}, {"xr"});
  test.Node("DequantizeLinear", {"w", "scale", "zero"}, {"wr"});
  test.Node("Conv", {"xr", "wr"}, {"c"});
  test.Node("QuantizeLinear", {"c", "scale", "zero"}, {"cq"});
  test.Node("DequantizeLinear", {"cq", "scale", "zero"}, {"y"});
  test.Output("y");
  const StatusOr<std::shared_ptr<Graph>> graph = test.Import();
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  EXPECT_EQ(NodeTypes(**graph), "Unary Transpose Conv2D Transpose Unary");
  EXPECT_EQ((*graph)->nodes[2].attributes.GetFloat("filter_scale", 0), 0.5);
  EXPECT_EQ((*graph)->nodes[4].attributes.GetString("function", ""), "round_to_int8");
  EXPECT_NE((*graph)->note.find("quantized model"), std::string::npos);
}

TEST(OnnxQuantize, TheRangeOfTheTensorIsFound) {
  TestOnnx test;
  test.Input("x", {2, 3});
  test.Node("DynamicQuantizeLinear", {"x"}, {"q", "scale", "zero"});
  test.Output("q", Proto::UINT8);
  test.Output("scale");
  test.Output("zero", Proto::UINT8);
  const std::vector<float> x = {0, 2, -3, -2.5f, 1.34f, 0.5f};
  std::vector<HostTensor> found = ExpectOutputs(test.Import(), {Floats({2, 3}, x)});
  // Range 5, scale 5 / 255, zero point 3 / scale = 153.
  const float scale = 5.0f / 255.0f;
  std::vector<int64_t> expected;
  for (float value : x) {
    expected.push_back(static_cast<int64_t>(std::nearbyint(value / scale)) + 153);
  }
  EXPECT_EQ(ToInt64Vector(found[0]), expected);
  EXPECT_EQ(ToFloatVector(found[1]), (std::vector<float>{scale}));
  EXPECT_EQ(ToInt64Vector(found[2]), (std::vector<int64_t>{153}));
  // Nothing is divided by 0.
  found = ExpectOutputs(test.Import(), {Floats({2, 3}, {0, 0, 0, 0, 0, 0})});
  EXPECT_EQ(ToInt64Vector(found[0]), (std::vector<int64_t>{0, 0, 0, 0, 0, 0}));
  // All above 0: the range begins at 0.
  found = ExpectOutputs(test.Import(), {Floats({2, 3}, {255, 1, 1, 1, 1, 1})});
  EXPECT_EQ(ToInt64Vector(found[0]), (std::vector<int64_t>{255, 1, 1, 1, 1, 1}));
}

struct Refusal {
  const char* complaint;
  std::vector<float> scale;
  int32_t type;  // Of the zero point.
  int64_t output_dtype;
};

TEST(OnnxQuantize, Refuses) {
  for (const Refusal& refusal : std::initializer_list<Refusal>{
           {"scale: expected numbers above 0, found 0", {0}, Proto::UINT8, 0},
           {"scale: expected one number or [3] of them for [2, 3], found [2]",
            {1, 2},
            Proto::UINT8,
            0},
           {"quantized to FLOAT8E4M3FN", {1}, 0, Proto::FLOAT8E4M3FN},
           {"element type FLOAT8E5M2 of a constant", {1}, Proto::FLOAT8E5M2, 0},
           {"quantized to INT32", {1}, Proto::INT32, 0},
           {"output_dtype: expected UINT8 of the zero point, found INT8",
            {1},
            Proto::UINT8,
            Proto::INT8}}) {
    TestOnnx test(21);
    test.Input("x", {2, 3});
    test.Floats("scale", {static_cast<int64_t>(refusal.scale.size())}, refusal.scale);
    onnx::NodeProto* node = test.Node("QuantizeLinear", {"x", "scale"}, {"y"});
    if (refusal.type != 0) {
      test.Small("zero", {1}, refusal.type, {0});
      node->add_input("zero");
    }
    if (refusal.output_dtype != 0) {
      TestOnnx::SetInt(node, "output_dtype", refusal.output_dtype);
    }
    test.Output("y");
    EXPECT_NE(test.Complaint().find(refusal.complaint), std::string::npos) << test.Complaint();
  }
}

TEST(OnnxQuantize, IntegersOfEveryWidthAreOutputsAndOperands) {
  struct Case {
    int32_t type;
    DType dtype;
    std::vector<int64_t> integers;  // What -9.2, 1.5 and 100000 become.
  };
  for (const Case& c :
       {Case{Proto::INT16, DType::kInt16, {-9, 2, 32767}},
        Case{Proto::UINT16, DType::kUInt16, {0, 2, 65535}},
        Case{Proto::INT4, DType::kInt4, {-8, 2, 7}}, Case{Proto::UINT4, DType::kUInt4, {0, 2, 15}},
        Case{Proto::INT2, DType::kInt2, {-2, 1, 1}},
        Case{Proto::UINT2, DType::kUInt2, {0, 2, 3}}}) {
    SCOPED_TRACE(c.type);
    TestOnnx test(25);
    test.Input("x", {3});
    test.Floats("scale", {}, {1});
    test.Small("zero", {}, c.type, {0});
    test.Node("QuantizeLinear", {"x", "scale", "zero"}, {"q"});
    TestOnnx::SetInt(test.Node("Cast", {"q"}, {"wide"}), "to", Proto::INT32);
    test.Output("q", c.type);
    test.Output("wide", Proto::INT32);
    const std::vector<HostTensor> found =
        ExpectOutputs(test.Import(), {Floats({3}, {-9.2f, 1.5f, 100000})});
    EXPECT_EQ(found[0].dtype(), c.dtype);
    for (const HostTensor& integers : found) EXPECT_EQ(ToInt64Vector(integers), c.integers);
  }
}

}  // namespace
}  // namespace mace
