// What TensorFlow's ops give, as numbers that were worked out by hand.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "mace/testing/formats/test_evaluate.h"
#include "mace/testing/formats/test_tensorflow.h"

namespace mace {
namespace {

HostTensor Floats(const Shape& shape, std::vector<float> values) {
  return HostTensor::FromVector(DType::kFloat32, shape, std::move(values));
}

std::vector<float> Values(const HostTensor& tensor) { return ToFloatVector(tensor); }

using Numbers = std::vector<float>;

TEST(TfOps, FakeQuantNudgesTheRangeAndRoundsAsTensorFlowDoes) {
  // 0 to 15 in steps of 0.5; -1 would be step -2, so zero is step 2 and the range -1 to 6.5.
  TestTf test;
  test.Input("x", {6});
  test.Floats("min", {}, {-1.1f});
  test.Floats("max", {}, {6.4f});
  tf::NodeDef* quant = test.Node("FakeQuantWithMinMaxVars", "y", {"x", "min", "max"});
  (*quant->mutable_attr())["num_bits"].set_i(4);
  const auto y = ExpectOutputs(test.Import(), {Floats({6}, {-9, 0, 0.24f, 0.26f, 1, 9})});
  EXPECT_EQ(Values(y[0]), (Numbers{-1, 0, 0, 0.5f, 1, 6.5f}));
}

TEST(TfOps, FakeQuantRefusesARangeThatIsNone) {
  TestTf test;
  test.Input("x", {2});
  tf::NodeDef* quant = test.Node("FakeQuantWithMinMaxArgs", "y", {"x"});
  (*quant->mutable_attr())["min"].set_f(3);
  (*quant->mutable_attr())["max"].set_f(2);
  EXPECT_NE(test.Import().status().message().find("expected min below max"), std::string::npos);
}

TEST(TfOps, FloorModHasTheSignOfTheDivisor) {
  TestTf test;
  test.Input("a", {5});
  test.Input("b", {5});
  test.Node("FloorMod", "y", {"a", "b"});
  const auto y = ExpectOutputs(test.Import(),
                               {Floats({5}, {5, -5, 5, -5, 6}), Floats({5}, {3, 3, -3, -3, 2})});
  EXPECT_EQ(Values(y[0]), (Numbers{2, 1, -1, -2, 0}));
}

TEST(TfOps, Atan2KnowsTheQuadrantsAndTheSignsOfZeros) {
  TestTf test;
  test.Input("y", {6});
  test.Input("x", {6});
  test.Node("Atan2", "z", {"y", "x"});
  const float inf = std::numeric_limits<float>::infinity();
  const Numbers ys = {0, -0.0f, 0, 1, -2, inf}, xs = {1, -1, -0.0f, -1, 0, -inf};
  const auto z = ExpectOutputs(test.Import(), {Floats({6}, ys), Floats({6}, xs)});
  for (size_t i = 0; i < ys.size(); ++i) {
    EXPECT_NEAR(Values(z[0])[i], std::atan2(ys[i], xs[i]), 1e-6) << ys[i] << " " << xs[i];
  }
}

TEST(TfOps, ZeroWins) {
  TestTf test;
  test.Input("x", {3});
  test.Input("y", {3});
  test.Node("DivNoNan", "d", {"x", "y"});
  test.Node("Xlogy", "l", {"x", "y"});
  const auto out = ExpectOutputs(test.Import(), {Floats({3}, {0, 1, 2}), Floats({3}, {0, 0, 1})});
  EXPECT_EQ(Values(out[0]), (Numbers{0, 0, 2}));
  EXPECT_EQ(Values(out[1])[0], 0);
  EXPECT_EQ(Values(out[1])[2], 0);
}

// x[b][i] = 10 b + i; the second axis is gathered in each batch entry.
TEST(TfOps, GatherWithBatchAxes) {
  TestTf test;
  test.Input("x", {2, 3});
  test.Input("i", {2, 2}, tf::DT_INT32);
  test.Ints("axis", {1});
  tf::NodeDef* gather = test.Node("GatherV2", "y", {"x", "i", "axis"});
  (*gather->mutable_attr())["batch_dims"].set_i(1);
  const auto y = ExpectOutputs(
      test.Import(), {Floats({2, 3}, {0, 1, 2, 10, 11, 12}),
                      HostTensor::FromVector<int32_t>(DType::kInt32, Shape{2, 2}, {2, 0, 1, 1})});
  EXPECT_EQ(Values(y[0]), (Numbers{2, 0, 11, 11}));
}

TEST(TfOps, BandPartKeepsDiagonals) {
  TestTf test;
  test.Input("x", {3, 3});
  test.Ints("lower", {0});
  test.Ints("upper", {1});
  test.Node("MatrixBandPart", "y", {"x", "lower", "upper"});
  const auto y = ExpectOutputs(test.Import(), {Floats({3, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9})});
  EXPECT_EQ(Values(y[0]), (Numbers{1, 2, 0, 0, 5, 6, 0, 0, 9}));
}

// Two taps of 1 and 10 along the depth.
TEST(TfOps, Conv3DAlongTheDepth) {
  TestTf test;
  test.Input("x", {1, 3, 1, 1, 1});
  test.Floats("w", {2, 1, 1, 1, 1}, {1, 10});
  tf::NodeDef* conv = test.Node("Conv3D", "y", {"x", "w"});
  TestTf::Text(conv, "padding", "SAME");
  TestTf::List(conv, "strides", {1, 1, 1, 1, 1});
  const auto y = ExpectOutputs(test.Import(), {Floats({1, 3, 1, 1, 1}, {1, 2, 3})});
  EXPECT_EQ(Values(y[0]), (Numbers{21, 32, 3}));
}

// Each element spreads over two places of the output.
TEST(TfOps, TransposedConv3DAlongTheDepth) {
  TestTf test;
  test.Input("x", {1, 2, 1, 1, 1});
  test.Ints("sizes", {1, 4, 1, 1, 1});
  test.Floats("w", {2, 1, 1, 1, 1}, {1, 10});
  tf::NodeDef* conv = test.Node("Conv3DBackpropInputV2", "y", {"sizes", "w", "x"});
  TestTf::Text(conv, "padding", "VALID");
  TestTf::List(conv, "strides", {1, 2, 1, 1, 1});
  const auto y = ExpectOutputs(test.Import(), {Floats({1, 2, 1, 1, 1}, {1, 2})});
  EXPECT_EQ(Values(y[0]), (Numbers{1, 10, 2, 20}));
}

TEST(TfOps, AvgPool3DLeavesPaddingOut) {
  TestTf test;
  test.Input("x", {1, 3, 1, 2, 1});
  tf::NodeDef* pool = test.Node("AvgPool3D", "y", {"x"});
  TestTf::Text(pool, "padding", "SAME");
  TestTf::List(pool, "strides", {1, 2, 1, 1, 1});
  TestTf::List(pool, "ksize", {1, 2, 1, 1, 1});
  const auto y = ExpectOutputs(test.Import(), {Floats({1, 3, 1, 2, 1}, {1, 2, 3, 4, 5, 6})});
  EXPECT_EQ(Values(y[0]), (Numbers{2, 3, 5, 6}));
}

TEST(TfOps, MaxPoolWithArgmaxCountsThroughTheImage) {
  TestTf test;
  test.Input("x", {1, 2, 4, 1});
  tf::NodeDef* pool = test.Node("MaxPoolWithArgmax", "y", {"x"});
  TestTf::Text(pool, "padding", "VALID");
  TestTf::List(pool, "strides", {1, 2, 2, 1});
  TestTf::List(pool, "ksize", {1, 2, 2, 1});
  ImportOptions options;
  options.outputs = {"y", "y:1"};
  const auto y =
      ExpectOutputs(test.Import(options), {Floats({1, 2, 4, 1}, {1, 9, 2, 3, 4, 5, 8, 7})});
  EXPECT_EQ(Values(y[0]), (Numbers{9, 8}));
  EXPECT_EQ(Values(y[1]), (Numbers{1, 6}));
}

// The batch is 1, 3: mean 2, variance 1; of a sample 2.
TEST(TfOps, FusedBatchNormTakesTheStatisticsOfTheBatch) {
  TestTf test;
  test.Input("x", {2, 1, 1, 1});
  test.Floats("scale", {1}, {10});
  test.Floats("offset", {1}, {5});
  test.Floats("none", {1}, {0});
  tf::NodeDef* norm = test.Node("FusedBatchNormV3", "y", {"x", "scale", "offset", "none", "none"});
  (*norm->mutable_attr())["is_training"].set_b(true);
  (*norm->mutable_attr())["epsilon"].set_f(0);
  ImportOptions options;
  options.outputs = {"y", "y:1", "y:2"};
  const auto y = ExpectOutputs(test.Import(options), {Floats({2, 1, 1, 1}, {1, 3})});
  EXPECT_EQ(Values(y[0]), (Numbers{-5, 15}));
  EXPECT_EQ(Values(y[1]), (Numbers{2}));
  EXPECT_EQ(Values(y[2]), (Numbers{2}));
}

struct EinsumCase {
  const char* equation;
  Numbers result;
};

// a = [[1, 2], [3, 4]], b = [[5, 6], [7, 8]].
TEST(TfOps, Einsum) {
  for (const EinsumCase& c :
       {EinsumCase{"ij,jk->ik", {19, 22, 43, 50}}, EinsumCase{"ij,ij->", {70}},
        EinsumCase{"ij,ij->j", {26, 44}}, EinsumCase{"ij,kl->ik", {33, 45, 77, 105}},
        EinsumCase{"...j,kj->...k", {17, 23, 39, 53}}, EinsumCase{"ii,ij->i", {11, 60}}}) {
    TestTf test;
    test.Input("a", {2, 2});
    test.Input("b", {2, 2});
    TestTf::Text(test.Node("Einsum", "y", {"a", "b"}), "equation", c.equation);
    const auto y =
        ExpectOutputs(test.Import(), {Floats({2, 2}, {1, 2, 3, 4}), Floats({2, 2}, {5, 6, 7, 8})});
    EXPECT_EQ(Values(y[0]), c.result) << c.equation;
  }
}

TEST(TfOps, EinsumRefusesWhatIsNone) {
  for (const char* equation : {"ij->ij", "ij,j-k->i", "ij,kl->im"}) {
    TestTf test;
    test.Input("a", {2, 2});
    test.Input("b", {2, 2});
    TestTf::Text(test.Node("Einsum", "y", {"a", "b"}), "equation", equation);
    EXPECT_NE(test.Import().status().message().find("equation"), std::string::npos) << equation;
  }
}

// The middle of a 2 x 2 image, one of its corners, and a box outside.
TEST(TfOps, CropAndResize) {
  TestTf test;
  test.Input("x", {1, 2, 2, 1});
  test.Floats("boxes", {3, 4}, {0, 0, 1, 1, 0, 0, 0, 0, 2, 2, 3, 3});
  test.Ints("images", {0, 0, 0});
  test.Ints("size", {1, 1});
  tf::NodeDef* crop = test.Node("CropAndResize", "y", {"x", "boxes", "images", "size"});
  (*crop->mutable_attr())["extrapolation_value"].set_f(-7);
  const auto y = ExpectOutputs(test.Import(), {Floats({1, 2, 2, 1}, {1, 2, 3, 4})});
  EXPECT_EQ(Values(y[0]), (Numbers{2.5f, 1, -7}));
}

TEST(TfOps, RangeAddsTheStep) {
  TestTf test;
  test.Input("x", {4});
  test.Floats("start", {}, {1});
  test.Floats("limit", {}, {3});
  test.Floats("step", {}, {0.5f});
  TestTf::Type(test.Node("Range", "r", {"start", "limit", "step"}), "Tidx", tf::DT_FLOAT);
  test.Node("Mul", "y", {"x", "r"});
  const auto y = ExpectOutputs(test.Import(), {Floats({4}, {1, 1, 1, 1})});
  EXPECT_EQ(Values(y[0]), (Numbers{1, 1.5f, 2, 2.5f}));
}

TEST(TfOps, ARangeThatNoMemoryHoldsIsRefused) {
  TestTf test;
  test.Const("start", {}, tf::DT_INT32)->add_int_val(0);
  test.Const("limit", {}, tf::DT_INT32)->add_int_val(2000000000);
  test.Const("step", {}, tf::DT_INT32)->add_int_val(1);
  test.Node("Range", "y", {"start", "limit", "step"});
  EXPECT_FALSE(test.Import().ok());
}

TEST(TfOps, AnyAndAllOfNothing) {
  TestTf test;
  test.Input("x", {2, 0}, tf::DT_BOOL);
  test.Ints("axes", {1});
  test.Node("Any", "any", {"x", "axes"});
  test.Node("All", "all", {"x", "axes"});
  const auto y = ExpectOutputs(test.Import(),
                               {HostTensor::FromVector<uint8_t>(DType::kBool, Shape{2, 0}, {})});
  EXPECT_EQ(ToInt64Vector(y[0]), (std::vector<int64_t>{0, 0}));
  EXPECT_EQ(ToInt64Vector(y[1]), (std::vector<int64_t>{1, 1}));
}

}  // namespace
}  // namespace mace
