// Models of ai.onnx.ml for tables: features that are chosen, encoded and repaired, and support
// vector machines.
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "mace/testing/formats/test_evaluate.h"
#include "mace/testing/formats/test_onnx.h"

namespace mace {
namespace {

HostTensor Floats(const Shape& shape, std::vector<float> values) {
  return HostTensor::FromVector(DType::kFloat32, shape, std::move(values));
}

void ExpectNear(const std::vector<double>& expected, const HostTensor& found) {
  ASSERT_EQ(static_cast<int64_t>(expected.size()), found.shape().elements());
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(expected[i], found.f32()[i], 1e-5) << "element " << i;
  }
}

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

// A model of one node x -> y.
class TableModel {
 public:
  explicit TableModel(const std::string& op, const std::vector<int64_t>& dims,
                      int32_t type = onnx::TensorProto::FLOAT) {
    test_.Input("x", dims, type);
    test_.Node(op, {"x"}, {"y"})->set_domain("ai.onnx.ml");
    test_.Output("y");
  }

  TestOnnx& test() { return test_; }
  onnx::NodeProto* node() { return test_.graph().mutable_node(0); }
  void SetFloats(const std::string& name, const std::vector<float>& values) {
    onnx::AttributeProto* attribute =
        TestOnnx::Attribute(node(), name, onnx::AttributeProto::FLOATS);
    for (float value : values) attribute->add_floats(value);
  }
  HostTensor Run(const HostTensor& x) { return ExpectOutputs(test_.Import(), {x})[0]; }

 private:
  TestOnnx test_;
};

TEST(OnnxFeatures, ColumnsAreChosen) {
  TableModel rows("ArrayFeatureExtractor", {2, 3});
  rows.node()->add_input("columns");
  rows.test().Ints("columns", {2, 0, 2});
  const HostTensor y = rows.Run(Floats({2, 3}, {1, 2, 3, 4, 5, 6}));
  EXPECT_EQ((Shape{2, 3}), y.shape());
  ExpectNear({3, 1, 3, 6, 4, 6}, y);
  TableModel vector("ArrayFeatureExtractor", {3});
  vector.node()->add_input("columns");
  vector.test().Ints("columns", {1});
  const HostTensor one = vector.Run(Floats({3}, {1, 2, 3}));
  EXPECT_EQ((Shape{1, 1}), one.shape());
  ExpectNear({2}, one);
}

TEST(OnnxFeatures, BinarizerIsStrictlyAbove) {
  TableModel model("Binarizer", {1, 4});
  TestOnnx::SetFloat(model.node(), "threshold", 0.5F);
  ExpectNear({0, 0, 1, 0}, model.Run(Floats({1, 4}, {-1, 0.5F, 0.75F, kNaN})));
}

TEST(OnnxFeatures, TablesSideBySide) {
  TableModel model("FeatureVectorizer", {2, 1});
  model.test().Input("z", {2, 2});
  model.node()->add_input("z");
  TestOnnx::SetInts(model.node(), "inputdimensions", {1, 2});
  const HostTensor y = ExpectOutputs(model.test().Import(),
                                     {Floats({2, 1}, {1, 2}), Floats({2, 2}, {3, 4, 5, 6})})[0];
  EXPECT_EQ((Shape{2, 3}), y.shape());
  ExpectNear({1, 3, 4, 2, 5, 6}, y);
  TableModel wrong("FeatureVectorizer", {2, 1});
  TestOnnx::SetInts(wrong.node(), "inputdimensions", {2});
  EXPECT_NE(wrong.test().Complaint().find("expected features [n, f] with f of inputdimensions"),
            std::string::npos)
      << wrong.test().Complaint();
}

TEST(OnnxFeatures, WhatIsMissingIsReplaced) {
  TableModel columns("Imputer", {2, 2});
  columns.SetFloats("imputed_value_floats", {10, 20});
  TestOnnx::SetFloat(columns.node(), "replaced_value_float", kNaN);
  ExpectNear({10, 2, 3, 20}, columns.Run(Floats({2, 2}, {kNaN, 2, 3, kNaN})));
  TableModel one("Imputer", {1, 3});
  one.SetFloats("imputed_value_floats", {7});
  TestOnnx::SetFloat(one.node(), "replaced_value_float", std::numeric_limits<float>::infinity());
  ExpectNear({1, 7, 0}, one.Run(Floats({1, 3}, {1, std::numeric_limits<float>::infinity(), 0})));
  TableModel integers("Imputer", {1, 2}, onnx::TensorProto::INT64);
  TestOnnx::SetInts(integers.node(), "imputed_value_int64s", {5});
  TestOnnx::SetInt(integers.node(), "replaced_value_int64", -1);
  const HostTensor x =
      HostTensor::FromVector<int64_t>(DType::kInt64, Shape{1, 2}, {-1, int64_t{1} << 40});
  EXPECT_EQ((std::vector<int64_t>{5, int64_t{1} << 40}), ToInt64Vector(integers.Run(x)));
  TableModel many("Imputer", {1, 2});
  many.SetFloats("imputed_value_floats", {1, 2, 3});
  EXPECT_NE(many.test().Complaint().find("imputed values: expected 1 or 2, found 3"),
            std::string::npos)
      << many.test().Complaint();
}

TEST(OnnxFeatures, CategoriesBecomeOnes) {
  TableModel model("OneHotEncoder", {2, 1});
  TestOnnx::SetInts(model.node(), "cats_int64s", {4, 7, 9});
  const HostTensor y = model.Run(Floats({2, 1}, {7.5F, 5}));
  EXPECT_EQ((Shape{2, 1, 3}), y.shape());
  ExpectNear({0, 1, 0, 0, 0, 0}, y);
  TableModel strict("OneHotEncoder", {2, 1});
  TestOnnx::SetInts(strict.node(), "cats_int64s", {4, 7, 9});
  TestOnnx::SetInt(strict.node(), "zeros", 0);
  EXPECT_NE(strict.test().Complaint().find("zeros: expected 1"), std::string::npos)
      << strict.test().Complaint();
}

// Two support vectors (1, 0) and (0, 2) with coefficients 2 and -1, and rho 0.5.
TableModel Machine(const std::string& kernel, const std::vector<float>& numbers) {
  TableModel model("SVMRegressor", {1, 2});
  TestOnnx::SetString(model.node(), "kernel_type", kernel);
  model.SetFloats("kernel_params", numbers);
  model.SetFloats("coefficients", {2, -1});
  model.SetFloats("support_vectors", {1, 0, 0, 2});
  model.SetFloats("rho", {0.5F});
  TestOnnx::SetInt(model.node(), "n_supports", 2);
  return model;
}

TEST(OnnxSupportVectors, KernelFunctions) {
  const HostTensor x = Floats({1, 2}, {2, 1});
  ExpectNear({2 * 2 - 2 + 0.5F}, Machine("LINEAR", {0, 0, 0}).Run(x));
  // 2 * (0.5 * 2 + 1)^3 - (0.5 * 2 + 1)^3 + 0.5.
  ExpectNear({8.5F}, Machine("POLY", {0.5F, 1, 3}).Run(x));
  // The squares of the distances are 2 and 5.
  ExpectNear({2 * 0.8187308F - 0.6065307F + 0.5F}, Machine("RBF", {0.1F, 0, 0}).Run(x));
  // Both products are 2.
  ExpectNear({0.4621172F + 0.5F}, Machine("SIGMOID", {0.25F, 0, 0}).Run(x));
}

TEST(OnnxSupportVectors, WeightsAndOneClass) {
  TableModel weights("SVMRegressor", {2, 2});
  weights.SetFloats("coefficients", {2, -1});
  weights.SetFloats("rho", {0.5F});
  ExpectNear({3.5F, -1.5F}, weights.Run(Floats({2, 2}, {2, 1, 0, 2})));
  TableModel sides("SVMRegressor", {2, 2});
  sides.SetFloats("coefficients", {2, -1});
  sides.SetFloats("rho", {0.5F});
  TestOnnx::SetInt(sides.node(), "one_class", 1);
  ExpectNear({1, -1}, sides.Run(Floats({2, 2}, {2, 1, 0, 2})));
}

// Three classes with one vector each, of one feature; the scores of its pairs are 0.5 - x, 1.5 x - 0.5 and 7 x.
TableModel Classifier(int64_t rows, const std::vector<int64_t>& vectors_per_class = {1, 1, 1}) {
  TableModel model("SVMClassifier", {rows, 1});
  model.node()->add_output("scores");
  model.test().Output("scores");
  TestOnnx::SetString(model.node(), "kernel_type", "LINEAR");
  model.SetFloats("coefficients", {1, -1, 0.5F, 2, 3, -1});
  model.SetFloats("support_vectors", {1, 2, -1});
  model.SetFloats("rho", {0.5F, -0.5F, 0});
  TestOnnx::SetInts(model.node(), "vectors_per_class", vectors_per_class);
  TestOnnx::SetInts(model.node(), "classlabels_ints", {10, 20, 30});
  return model;
}

TEST(OnnxSupportVectors, PairsOfClassesVote) {
  TableModel model = Classifier(2);
  const std::vector<HostTensor> y = ExpectOutputs(model.test().Import(), {Floats({2, 1}, {1, -1})});
  ASSERT_EQ(2u, y.size());
  EXPECT_EQ((std::vector<int64_t>{20, 30}), ToInt64Vector(y[0]));
  ExpectNear({-0.5, 1, 7, 1.5, -2, -7}, y[1]);
}

TEST(OnnxSupportVectors, Probabilities) {
  TableModel model = Classifier(1);
  // Pairs of 0.5 / 0.7, 0.5 / 0.8 and 0.2 / 0.5, where the sum behind a pair's score is log(p / (1 - p)).
  model.SetFloats("prob_a", {0, 0, 0});
  model.SetFloats("prob_b", {-0.9162907F, -0.5108256F, 0.4054651F});
  const std::vector<HostTensor> y = ExpectOutputs(model.test().Import(), {Floats({1, 1}, {1})});
  ASSERT_EQ(2u, y.size());
  EXPECT_EQ((std::vector<int64_t>{20}), ToInt64Vector(y[0]));
  ASSERT_EQ((Shape{1, 3}), y[1].shape());
  const double expected[] = {0.5, 0.2, 0.3};
  for (size_t i = 0; i < 3; ++i) EXPECT_NEAR(expected[i], y[1].f32()[i], 2e-3);
}

TEST(OnnxSupportVectors, LinearClassifiers) {
  TableModel model("SVMClassifier", {1, 2});
  model.node()->add_output("scores");
  model.test().Output("scores");
  model.SetFloats("coefficients", {1, 2, 3, -1, 0, 1});
  model.SetFloats("rho", {0.5F});
  TestOnnx::SetInts(model.node(), "classlabels_ints", {4, 5, 6});
  const std::vector<HostTensor> y = ExpectOutputs(model.test().Import(), {Floats({1, 2}, {2, 1})});
  ASSERT_EQ(2u, y.size());
  EXPECT_EQ((std::vector<int64_t>{5}), ToInt64Vector(y[0]));
  ExpectNear({4.5, 5.5, 1.5}, y[1]);
}

TEST(OnnxSupportVectors, NoOtherDomainsVersionIsNeeded) {
  TableModel weights("SVMRegressor", {1, 2});
  weights.SetFloats("coefficients", {2, -1});
  weights.SetFloats("rho", {0.5F});
  weights.test().model().clear_opset_import();
  ExpectNear({3.5F}, weights.Run(Floats({1, 2}, {2, 1})));
}

TEST(OnnxSupportVectors, Refusals) {
  TableModel two("SVMClassifier", {1, 2});
  two.SetFloats("coefficients", {1, 2, 3, -1});
  two.SetFloats("rho", {0.5F});
  TestOnnx::SetInts(two.node(), "classlabels_ints", {4, 5});
  EXPECT_NE(two.test().Complaint().find("two classes without support vectors"), std::string::npos)
      << two.test().Complaint();
  TableModel classes = Classifier(1, {1, 2});
  EXPECT_NE(classes.test().Complaint().find("expected v support vectors of c classes"),
            std::string::npos)
      << classes.test().Complaint();
  TableModel counts = Classifier(1, {1, -1, 3});
  EXPECT_NE(counts.test().Complaint().find("vectors_per_class: expected counts, found -1"),
            std::string::npos)
      << counts.test().Complaint();
  TableModel kernel = Machine("COSINE", {0, 0, 0});
  EXPECT_NE(kernel.test().Complaint().find(
                "kernel_type: expected LINEAR, POLY, RBF or SIGMOID, found COSINE"),
            std::string::npos)
      << kernel.test().Complaint();
  TableModel sizes("SVMRegressor", {2, 3});
  sizes.SetFloats("coefficients", {2, -1});
  sizes.SetFloats("rho", {0.5F});
  EXPECT_NE(sizes.test().Complaint().find("expected features [n, f]"), std::string::npos)
      << sizes.test().Complaint();
}

}  // namespace
}  // namespace mace
