// Random numbers of ONNX: which they are is open, but not how they are spread, and that they stay.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "mace/testing/formats/test_evaluate.h"
#include "mace/testing/formats/test_onnx.h"

namespace mace {
namespace {

// y = x + the random numbers of a node like x, for x of zeros [40, 50].
std::vector<float> Draw(const std::string& op, const std::string& name,
                        const std::vector<std::pair<std::string, float>>& attributes) {
  TestOnnx test;
  test.Input("x", {40, 50});
  onnx::NodeProto* node = test.Node(op, {"x"}, {"noise"});
  node->set_name(name);
  for (const auto& [attribute, value] : attributes) TestOnnx::SetFloat(node, attribute, value);
  test.Node("Add", {"x", "noise"}, {"y"});
  test.Output("y");
  const HostTensor zeros =
      HostTensor::FromVector<float>(DType::kFloat32, Shape{40, 50}, std::vector<float>(2000, 0));
  return ToFloatVector(ExpectOutputs(test.Import(), {zeros})[0]);
}

TEST(OnnxRandom, NormalNumbersHaveTheirMeanAndDeviation) {
  const std::vector<float> y = Draw("RandomNormalLike", "a", {{"mean", 3}, {"scale", 2}});
  double sum = 0, squares = 0, beyond = 0;
  for (float value : y) {
    sum += value;
    squares += (value - 3.0) * (value - 3.0);
    beyond += std::abs(value - 3) > 4 ? 1 : 0;
  }
  EXPECT_NEAR(3, sum / 2000, 0.2);
  EXPECT_NEAR(4, squares / 2000, 0.5);
  EXPECT_NEAR(0.0455, beyond / 2000, 0.02);
}

TEST(OnnxRandom, UniformNumbersFillTheirRange) {
  const std::vector<float> y = Draw("RandomUniformLike", "a", {{"low", -1}, {"high", 3}});
  double sum = 0;
  for (float value : y) sum += value;
  EXPECT_NEAR(1, sum / 2000, 0.15);
  EXPECT_GT(*std::min_element(y.begin(), y.end()), -1.0001f);
  EXPECT_LT(*std::min_element(y.begin(), y.end()), -0.97f);
  EXPECT_LT(*std::max_element(y.begin(), y.end()), 3.0001f);
  EXPECT_GT(*std::max_element(y.begin(), y.end()), 2.97f);
}

TEST(OnnxRandom, ANodeDrawsTheSameNumbersAgainAndAnotherNodeOthers) {
  const std::vector<float> once = Draw("RandomNormalLike", "a", {});
  EXPECT_EQ(once, Draw("RandomNormalLike", "a", {}));
  EXPECT_NE(once, Draw("RandomNormalLike", "b", {}));
  EXPECT_EQ(Draw("RandomNormalLike", "a", {{"seed", 5}}),
            Draw("RandomNormalLike", "b", {{"seed", 5}}));
}

TEST(OnnxRandom, AShapeIsAnAttribute) {
  TestOnnx test;
  test.Input("x", {2, 3});
  onnx::NodeProto* node = test.Node("RandomUniform", {}, {"noise"});
  TestOnnx::SetInts(node, "shape", {2, 3});
  test.Node("Add", {"x", "noise"}, {"y"});
  test.Output("y");
  EXPECT_TRUE(test.Import().ok()) << test.Import().status().message();
  TestOnnx::SetInt(node, "dtype", onnx::TensorProto::INT32);
  EXPECT_NE(test.Complaint().find("dtype: expected floats, found INT32"), std::string::npos)
      << test.Complaint();
}

}  // namespace
}  // namespace mace
