#include <gtest/gtest.h>

#include <cmath>

#include "mace/ops/op.h"
#include "mace/testing/op_tester.h"

namespace mace {
namespace {

using Attributes = std::vector<std::pair<std::string, Attribute>>;

Attributes Type(int64_t type) { return {{"type", type}}; }
Attributes Scalar(int64_t type, double scalar, int64_t index = 1) {
  return {{"type", type}, {"scalar_input", scalar}, {"scalar_input_index", index}};
}
Attributes Function(const std::string& name) { return {{"function", name}}; }

constexpr int64_t kSum = 0, kSub = 1, kProd = 2, kDiv = 3, kMax = 5, kClip = 12, kLess = 16;

// x / sqrt(2), erf, + 1, times x, times 0.5.
OpTester Gelu(const Shape& shape) {
  OpTester tester("FusedElementwise");
  tester.Input(shape)
      .Step("Eltwise", {0}, Scalar(kDiv, std::sqrt(2.0)))
      .Step("Unary", {1}, Function("erf"))
      .Step("Eltwise", {2}, Scalar(kSum, 1))
      .Step("Eltwise", {0, 3}, Type(kProd))
      .Step("Eltwise", {4}, Scalar(kProd, 0.5));
  return tester;
}

TEST(FusedElementwise, GeluOfAnyShape) {
  for (const Shape& shape :
       {Shape({2, 3, 2, 7}), Shape({1, 5, 32}), Shape({3}), Shape(), Shape({2, 1, 2, 2, 9})}) {
    SCOPED_TRACE(shape.ToString());
    Gelu(shape).Run();
  }
}

TEST(FusedElementwise, GeluIsTheSingleOp) {
  const HostTensor x = RandomTensor({4, 9}, 3, -3, 3);
  OpTester tester("FusedElementwise");
  const auto fused = tester.Input(x)
                         .Step("Eltwise", {0}, Scalar(kDiv, std::sqrt(2.0)))
                         .Step("Unary", {1}, Function("erf"))
                         .Step("Eltwise", {2}, Scalar(kSum, 1))
                         .Step("Eltwise", {0, 3}, Type(kProd))
                         .Step("Eltwise", {4}, Scalar(kProd, 0.5))
                         .Reference();
  const auto single = OpTester("Unary").Set("function", std::string("gelu")).Input(x).Reference();
  ASSERT_TRUE(fused.ok() && single.ok());
  EXPECT_LT(WorstError((*single)[0], (*fused)[0]), 1e-6);
}

// A layer norm's end: (x - mean) / deviation * scale + shift.
TEST(FusedElementwise, Broadcasts) {
  for (int64_t channels : {7, 16, 22, 40}) {
    SCOPED_TRACE(channels);
    OpTester("FusedElementwise")
        .Input({2, 5, channels})
        .Input({2, 5, 1})
        .Input({2, 5, 1}, 0.5f, 2)
        .Constant({channels})
        .Constant({1, 1, channels})
        .Step("Eltwise", {0, 1}, Type(kSub))
        .Step("Eltwise", {5, 2}, Type(kDiv))
        .Step("Eltwise", {6, 3}, Type(kProd))
        .Step("Eltwise", {7, 4}, Type(kSum))
        .Run();
  }
}

TEST(FusedElementwise, BroadcastsTensorsAndConstantsOfEachKind) {
  const Shape shapes[] = {{2, 3, 2, 22}, {2, 1, 1, 22}, {22},     {2, 3, 2, 1},
                          {1, 3, 1, 22}, {1, 1, 1, 1},  {3, 1, 1}};
  for (const Shape& shape : shapes) {
    SCOPED_TRACE(shape.ToString());
    const auto with_operand = [&](OpTester tester) {
      tester.Step("Eltwise", {0, 1}, Type(kSum))
          .Step("Unary", {2}, Function("square"))
          .Step("Eltwise", {3, 1}, Type(kMax))
          .Run();
    };
    with_operand(OpTester("FusedElementwise").Input({2, 3, 2, 22}).Input(shape));
    with_operand(OpTester("FusedElementwise").Input({2, 3, 2, 22}).Constant(shape));
  }
}

TEST(FusedElementwise, BroadcastsThatOnlyRowMajorExpresses) {
  OpTester("FusedElementwise")
      .Input({2, 2, 3, 2, 5})
      .Input({2, 3, 2, 1})
      .Constant({2, 1, 1, 1, 5})
      .Constant({1})
      .Step("Eltwise", {0, 1}, Type(kProd))
      .Step("Eltwise", {4, 2}, Type(kSub))
      .Step("Eltwise", {5, 3}, Type(kMax))
      .Run();
}

TEST(FusedElementwise, EachOpThatCanBeAStep) {
  OpTester("FusedElementwise")
      .Input({2, 3, 2, 7})
      .Input({2, 3, 2, 7})
      .Constant({7})
      .Constant({7}, 0, 0.5f)
      .Step("BiasAdd", {0, 2})
      .Step("AddN", {4, 1, 0})
      .Step("Activation", {5, 3}, {{"activation", std::string("PRELU")}})
      .Step("Activation", {6},
            {{"activation", std::string("HARDSIGMOID")}, {"hardsigmoid_alpha", 0.3}})
      .Step("Cast", {7}, {{"dtype", std::string("float16")}})
      .Step("Eltwise", {8}, Scalar(kLess, 0.5, 0))
      .Step("Where", {9, 6, 5})
      .Step("Unary", {10}, {{"function", std::string("selu")}, {"alpha", 1.5}, {"gamma", 1.1}})
      .Step("Eltwise", {11},
            {{"type", kClip},
             {"coeff", std::vector<double>{-0.7, 1.3}},
             {"activation", std::string("ELU")},
             {"activation_coefficient", 0.6}})
      .Step("Eltwise", {12, 0}, {{"type", kSum}, {"coeff", std::vector<double>{2, -0.5}}})
      .Run();
}

TEST(FusedElementwise, EightOperands) {
  OpTester tester("FusedElementwise");
  for (int i = 0; i < 8; ++i) tester.Input({2, 3, 18}).Seed(static_cast<uint32_t>(i + 1));
  tester.Step("AddN", {0, 1, 2, 3}).Step("AddN", {8, 4, 5, 6, 7}).Run();
}

TEST(FusedElementwise, NineOperandsRunOnTheCpu) {
  OpTester tester("FusedElementwise");
  for (int i = 0; i < 9; ++i) tester.Input({2, 3});
  tester.CpuOnly().Step("AddN", {0, 1, 2, 3}).Step("AddN", {9, 4, 5, 6, 7, 8}).Run();
}

TEST(FusedElementwise, ABoolOut) {
  OpTester("FusedElementwise")
      .Input({2, 3, 5})
      .Step("Eltwise", {0}, Scalar(kSub, 0.25))
      .Step("Eltwise", {1}, Scalar(kLess, 0.1))
      .Run();
}

TEST(FusedElementwise, Refuses) {
  OpTester("FusedElementwise").Input({2}).ExpectRefused("steps: expected one or more, found none");
  OpTester("FusedElementwise")
      .Input({2})
      .Step("Unary", {1}, Function("exp"))
      .ExpectRefused("step 'step0': expected a value below 1, found 1");
  OpTester("FusedElementwise")
      .Input({2})
      .Step("Unary", {-1}, Function("exp"))
      .ExpectRefused("step 'step0': expected a value below 1, found -1");
  OpTester("FusedElementwise")
      .Input({2})
      .Step("Unary", {0}, Function("nothing"))
      .ExpectRefused("function 'nothing' is unknown");
  OpTester("FusedElementwise")
      .Input({2, 3})
      .Input({2})
      .Step("Eltwise", {0, 1}, Type(kSum))
      .ExpectRefused("broadcast");
}

}  // namespace
}  // namespace mace
