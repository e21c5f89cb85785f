// Tensors of integers of every width: as inputs, as outputs, and in arithmetic, which wraps around as
// the type does. Expected numbers are computed by C++ in the type itself, or by hand.
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

#include "mace/testing/formats/test_evaluate.h"
#include "mace/testing/formats/test_onnx.h"

namespace mace {
namespace {

using Proto = onnx::TensorProto;

// Elements as bits, which a tensor of uint64 shows as the int64_t of the same bits.
template <typename T>
std::vector<int64_t> Bits(const std::vector<T>& values) {
  return std::vector<int64_t>(values.begin(), values.end());
}

template <typename T>
struct Operands {
  int32_t type;
  std::vector<T> a, b;

  HostTensor Tensor(const std::vector<T>& values) const {
    return HostTensor::FromVector(DTypeOf<T>::kValue, {static_cast<int64_t>(values.size())},
                                  values);
  }
  // What the op gives for a and b. `attribute`: one of strings, where there is one.
  HostTensor Evaluate(const std::string& op, int32_t result,
                      const std::pair<std::string, std::string>& attribute = {}) const {
    TestOnnx test(18);
    test.Input("a", {static_cast<int64_t>(a.size())}, type);
    test.Input("b", {static_cast<int64_t>(b.size())}, type);
    onnx::NodeProto* node = test.Node(op, {"a", "b"}, {"y"});
    if (!attribute.first.empty()) TestOnnx::SetString(node, attribute.first, attribute.second);
    test.Output("y", result);
    return ExpectOutputs(test.Import(), {Tensor(a), Tensor(b)})[0];
  }
  template <typename Function>
  void Expect(const std::string& op, Function function,
              const std::pair<std::string, std::string>& attribute = {}) const {
    SCOPED_TRACE(op + " of type " + std::to_string(type) + " " + attribute.second);
    const HostTensor y = Evaluate(op, type, attribute);
    EXPECT_EQ(y.dtype(), DTypeOf<T>::kValue);
    std::vector<T> expected;
    for (size_t i = 0; i < a.size(); ++i) expected.push_back(static_cast<T>(function(a[i], b[i])));
    EXPECT_EQ(ToInt64Vector(y), Bits(expected));
  }
  template <typename Function>
  void ExpectTruth(const std::string& op, Function function) const {
    SCOPED_TRACE(op + " of type " + std::to_string(type));
    std::vector<int64_t> expected;
    for (size_t i = 0; i < a.size(); ++i) expected.push_back(function(a[i], b[i]) ? 1 : 0);
    EXPECT_EQ(ToInt64Vector(Evaluate(op, Proto::BOOL)), expected);
  }
};

// `wide`: a type that does not overflow where T wraps around.
template <typename T, typename Wide>
void ExpectArithmetic(int32_t type) {
  const T low = std::numeric_limits<T>::min(), high = std::numeric_limits<T>::max();
  const Operands<T> of{type, {low, high, high, 7, high}, {3, 2, high, 3, static_cast<T>(high - 1)}};
  of.Expect("Add", [](T a, T b) { return static_cast<Wide>(a) + static_cast<Wide>(b); });
  of.Expect("Sub", [](T a, T b) { return static_cast<Wide>(a) - static_cast<Wide>(b); });
  of.Expect("Mul", [](T a, T b) { return static_cast<Wide>(a) * static_cast<Wide>(b); });
  of.Expect("Div", [](T a, T b) { return a / b; });
  of.Expect("Max", [](T a, T b) { return std::max(a, b); });
  of.Expect("Min", [](T a, T b) { return std::min(a, b); });
  of.Expect("BitwiseAnd", [](T a, T b) { return a & b; });
  of.Expect("BitwiseOr", [](T a, T b) { return a | b; });
  of.Expect("BitwiseXor", [](T a, T b) { return a ^ b; });
  of.ExpectTruth("Equal", [](T a, T b) { return a == b; });
  of.ExpectTruth("Less", [](T a, T b) { return a < b; });
  of.ExpectTruth("GreaterOrEqual", [](T a, T b) { return a >= b; });
  const Operands<T> shifted{type, {low, high, 7}, {1, 3, 0}};
  shifted.Expect("BitShift", [](T a, T b) { return a >> b; }, {"direction", "RIGHT"});
  shifted.Expect("BitShift", [](T a, T b) { return static_cast<uint64_t>(a) << b; },
                 {"direction", "LEFT"});
}

TEST(OnnxIntegerTypes, ArithmeticWrapsAround) {
  ExpectArithmetic<int16_t, int64_t>(Proto::INT16);
  ExpectArithmetic<uint16_t, int64_t>(Proto::UINT16);
  ExpectArithmetic<uint32_t, uint64_t>(Proto::UINT32);
  ExpectArithmetic<uint64_t, uint64_t>(Proto::UINT64);
}

TEST(OnnxIntegerTypes, RemaindersHaveTheSignOfTheDivisor) {
  const Operands<int16_t> mixed{Proto::INT16, {-7, 7, -7, 7}, {3, -3, -3, 3}};
  EXPECT_EQ(ToInt64Vector(mixed.Evaluate("Mod", Proto::INT16)),
            (std::vector<int64_t>{2, -2, -1, 1}));
  const Operands<uint64_t> large{Proto::UINT64, {UINT64_MAX}, {10}};
  EXPECT_EQ(ToInt64Vector(large.Evaluate("Mod", Proto::UINT64)), (std::vector<int64_t>{5}));
}

// 2^64 - 1 and 2^63 are above 5 for uint64, and negative where their bits are those of int64.
TEST(OnnxIntegerTypes, OrderAboveTwoToThe63) {
  const uint64_t middle = uint64_t{1} << 63;
  const HostTensor x =
      HostTensor::FromVector<uint64_t>(DType::kUInt64, {4}, {5, UINT64_MAX, 0, middle});
  TestOnnx test(18);
  test.Input("x", {4}, Proto::UINT64);
  test.Ints("k", {2});
  test.Node("TopK", {"x", "k"}, {"values", "places"});
  test.Node("ReduceMax", {"x"}, {"most"});
  test.Node("ReduceMin", {"x"}, {"least"});
  test.Node("ArgMax", {"x"}, {"where"});
  TestOnnx::SetInt(test.Node("Cast", {"x"}, {"floats"}), "to", Proto::FLOAT);
  test.Output("values", Proto::UINT64);
  test.Output("places", Proto::INT64);
  test.Output("most", Proto::UINT64);
  test.Output("least", Proto::UINT64);
  test.Output("where", Proto::INT64);
  test.Output("floats");
  const std::vector<HostTensor> found = ExpectOutputs(test.Import(), {x});
  EXPECT_EQ(ToInt64Vector(found[0]), Bits(std::vector<uint64_t>{UINT64_MAX, middle}));
  EXPECT_EQ(ToInt64Vector(found[1]), (std::vector<int64_t>{1, 3}));
  EXPECT_EQ(ToInt64Vector(found[2]), Bits(std::vector<uint64_t>{UINT64_MAX}));
  EXPECT_EQ(ToInt64Vector(found[3]), (std::vector<int64_t>{0}));
  EXPECT_EQ(ToInt64Vector(found[4]), (std::vector<int64_t>{1}));
  EXPECT_EQ(ToFloatVector(found[5]), (std::vector<float>{5, 0x1p64f, 0, 0x1p63f}));
}

TEST(OnnxIntegerTypes, CastsKeepTheLowestBits) {
  struct Case {
    int32_t to;
    std::vector<int64_t> expected;
  };
  for (const Case& c : {Case{Proto::INT16, {-1, 9, 0}}, Case{Proto::UINT16, {65535, 9, 0}},
                        Case{Proto::UINT32, {(int64_t{1} << 32) - 1, 9, 1 << 16}},
                        Case{Proto::UINT64, {-1, 9, 1 << 16}}, Case{Proto::INT4, {-1, -7, 0}},
                        Case{Proto::UINT4, {15, 9, 0}}, Case{Proto::INT2, {-1, 1, 0}},
                        Case{Proto::UINT2, {3, 1, 0}}}) {
    SCOPED_TRACE(c.to);
    const HostTensor integers =
        HostTensor::FromVector<int32_t>(DType::kInt32, {3}, {-1, 9, 1 << 16});
    TestOnnx test(25);
    test.Input("x", {3}, Proto::INT32);
    TestOnnx::SetInt(test.Node("Cast", {"x"}, {"y"}), "to", c.to);
    test.Output("y", c.to);
    EXPECT_EQ(ToInt64Vector(ExpectOutputs(test.Import(), {integers})[0]), c.expected);
  }
}

TEST(OnnxIntegerTypes, FloatsToFewBitsAreTruncatedAndCut) {
  TestOnnx test(25);
  test.Input("x", {4});
  TestOnnx::SetInt(test.Node("Cast", {"x"}, {"y"}), "to", Proto::INT4);
  test.Output("y", Proto::INT4);
  const HostTensor x = HostTensor::FromVector<float>(DType::kFloat32, {4}, {-9, 7.9f, 8, -1.5f});
  EXPECT_EQ(ToInt64Vector(ExpectOutputs(test.Import(), {x})[0]),
            (std::vector<int64_t>{7, 7, -8, -1}));
}

TEST(OnnxIntegerTypes, ConstantsAreUnpacked) {
  TestOnnx test(25);
  test.Input("x", {1}, Proto::INT8);
  test.Small("four", {3}, Proto::INT4, {})->set_raw_data(std::string("\xF8\x07", 2));
  test.Small("two", {5}, Proto::UINT2, {0xE4, 0x01});  // 0, 1, 2, 3, 1: the lowest bits first.
  Proto* large = test.Small("large", {2}, Proto::UINT64, {});
  large->add_uint64_data(UINT64_MAX);
  large->add_uint64_data(1);
  for (const char* name : {"four", "two", "large"}) {
    test.Node("Identity", {name}, {std::string(name) + "_out"});
  }
  test.Output("four_out", Proto::INT4);
  test.Output("two_out", Proto::UINT2);
  test.Output("large_out", Proto::UINT64);
  const HostTensor x = HostTensor::FromVector<int8_t>(DType::kInt8, {1}, {0});
  const std::vector<HostTensor> found = ExpectOutputs(test.Import(), {x});
  EXPECT_EQ(ToInt64Vector(found[0]), (std::vector<int64_t>{-8, -1, 7}));
  EXPECT_EQ(ToInt64Vector(found[1]), (std::vector<int64_t>{0, 1, 2, 3, 1}));
  EXPECT_EQ(ToInt64Vector(found[2]), (std::vector<int64_t>{-1, 1}));
}

TEST(OnnxIntegerTypes, BoolsAreReduced) {
  TestOnnx test(20);
  test.Input("x", {3, 2}, Proto::BOOL);
  test.Ints("axes", {1});
  TestOnnx::SetInt(test.Node("ReduceMax", {"x", "axes"}, {"any"}), "keepdims", 0);
  TestOnnx::SetInt(test.Node("ReduceMin", {"x", "axes"}, {"all"}), "keepdims", 0);
  test.Output("any", Proto::BOOL);
  test.Output("all", Proto::BOOL);
  const HostTensor x = HostTensor::FromVector<uint8_t>(DType::kBool, {3, 2}, {0, 0, 0, 1, 1, 1});
  const std::vector<HostTensor> found = ExpectOutputs(test.Import(), {x});
  EXPECT_EQ(found[0].dtype(), DType::kBool);
  EXPECT_EQ(ToInt64Vector(found[0]), (std::vector<int64_t>{0, 1, 1}));
  EXPECT_EQ(ToInt64Vector(found[1]), (std::vector<int64_t>{0, 0, 1}));
}

TEST(OnnxIntegerTypes, NoBoolsAreReduced) {
  TestOnnx test(20);
  test.Input("x", {2, 0}, Proto::BOOL);
  test.Ints("axes", {1});
  TestOnnx::SetInt(test.Node("ReduceMax", {"x", "axes"}, {"any"}), "keepdims", 0);
  TestOnnx::SetInt(test.Node("ReduceMin", {"x", "axes"}, {"all"}), "keepdims", 0);
  test.Output("any", Proto::BOOL);
  test.Output("all", Proto::BOOL);
  const std::vector<HostTensor> found = ExpectOutputs(
      test.Import(), {HostTensor::FromVector<uint8_t>(DType::kBool, Shape{2, 0}, {})});
  EXPECT_EQ(ToInt64Vector(found[0]), (std::vector<int64_t>{0, 0}));
  EXPECT_EQ(ToInt64Vector(found[1]), (std::vector<int64_t>{1, 1}));
}

HostTensor BitCast(const HostTensor& x, int32_t from, int32_t to) {
  TestOnnx test(26);
  test.Input("x", x.shape().dims(), from);
  TestOnnx::SetInt(test.Node("BitCast", {"x"}, {"y"}), "to", to);
  test.Output("y", to);
  return ExpectOutputs(test.Import(), {x})[0];
}

TEST(OnnxIntegerTypes, BitCast) {
  const HostTensor floats = HostTensor::FromVector<float>(DType::kFloat32, {2}, {1, -0.0f});
  const std::vector<int64_t> bits = {0x3F800000, INT32_MIN};
  const HostTensor words = BitCast(floats, Proto::FLOAT, Proto::INT32);
  EXPECT_EQ(ToInt64Vector(words), bits);
  EXPECT_EQ(ToFloatVector(BitCast(words, Proto::INT32, Proto::FLOAT)), ToFloatVector(floats));
  const HostTensor halves = HostTensor::FromVector<uint16_t>(DType::kUInt16, {2}, {1, 0x8000});
  EXPECT_EQ(ToInt64Vector(BitCast(halves, Proto::UINT16, Proto::INT16)),
            (std::vector<int64_t>{1, -32768}));
  TestOnnx test(26);
  test.Input("x", {2}, Proto::DOUBLE);
  TestOnnx::SetInt(test.Node("BitCast", {"x"}, {"y"}), "to", Proto::INT64);
  test.Output("y", Proto::INT64);
  EXPECT_NE(test.Complaint().find("to: expected a type whose bits the graph has"),
            std::string::npos)
      << test.Complaint();
}

}  // namespace
}  // namespace mace
