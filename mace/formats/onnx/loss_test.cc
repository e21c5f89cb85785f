// Losses beside loops that compute them in double.
#include <gtest/gtest.h>

#include <cmath>

#include "mace/testing/formats/test_evaluate.h"
#include "mace/testing/formats/test_numbers.h"
#include "mace/testing/formats/test_onnx.h"

namespace mace {
namespace {

constexpr double kTolerance = 4e-6;

// x [2, 3, 4] and targets [2, 4], of which one is class 7: it is ignored or out of range.
constexpr int64_t kBatch = 2, kClasses = 3, kPlaces = 4, kIgnored = 7;
const std::vector<int64_t> kTargets = {0, 2, kIgnored, 1, 1, 0, 2, 2};
const std::vector<float> kWeights = {0.5f, 2, 3};

struct Loss {
  const char* op;
  const char* reduction;
  bool weighted = false;
  bool ignores = true;
};

TestOnnx LossOf(const Loss& loss, DType type = DType::kInt64) {
  TestOnnx test;
  test.Input("x", {kBatch, kClasses, kPlaces});
  test.Input("t", {kBatch, kPlaces},
             type == DType::kInt64 ? onnx::TensorProto::INT64 : onnx::TensorProto::INT32);
  onnx::NodeProto* node = test.Node(loss.op, {"x", "t"}, {"y"});
  if (loss.weighted) {
    test.Floats("w", {kClasses}, kWeights);
    node->add_input("w");
  }
  TestOnnx::SetString(node, "reduction", loss.reduction);
  if (loss.ignores) TestOnnx::SetInt(node, "ignore_index", kIgnored);
  test.Output("y");
  return test;
}

std::vector<double> ExpectedLoss(const Loss& loss, const HostTensor& x,
                                 const std::vector<int64_t>& targets) {
  std::vector<double> each;
  double sum = 0, count = 0;
  for (int64_t n = 0; n < kBatch; ++n) {
    for (int64_t d = 0; d < kPlaces; ++d) {
      const float* const column = x.f32() + n * kClasses * kPlaces + d;
      double powers = 0;
      for (int64_t c = 0; c < kClasses; ++c) powers += std::exp(double{column[c * kPlaces]});
      const int64_t target = targets[static_cast<size_t>(n * kPlaces + d)];
      const bool counts = !loss.ignores || target != kIgnored;
      const double weight = !counts         ? 0
                            : loss.weighted ? double{kWeights[static_cast<size_t>(target)]}
                                            : 1;
      double value = counts ? -double{column[target * kPlaces]} : 0;
      if (counts && loss.op == std::string("SoftmaxCrossEntropyLoss")) value += std::log(powers);
      each.push_back(value * weight);
      sum += value * weight;
      count += weight;
    }
  }
  if (loss.reduction == std::string("none")) return each;
  return {loss.reduction == std::string("sum") ? sum : sum / count};
}

TEST(OnnxLoss, EveryReductionWithAndWithoutWeights) {
  const HostTensor x = SineNumbers({kBatch, kClasses, kPlaces}, 1);
  const HostTensor targets = HostTensor::FromVector(DType::kInt64, {kBatch, kPlaces}, kTargets);
  for (const char* op : {"NegativeLogLikelihoodLoss", "SoftmaxCrossEntropyLoss"}) {
    for (const char* reduction : {"none", "sum", "mean"}) {
      for (const bool weighted : {false, true}) {
        SCOPED_TRACE(std::string(op) + " " + reduction + (weighted ? " weighted" : ""));
        const Loss loss = {op, reduction, weighted};
        const HostTensor y = ExpectOutputs(LossOf(loss).Import(), {x, targets})[0];
        ExpectNear(ExpectedLoss(loss, x, kTargets), y, kTolerance);
        EXPECT_EQ(y.shape().rank(), reduction == std::string("none") ? 2 : 0);
      }
    }
  }
}

TEST(OnnxLoss, TargetsOfInt32ThatAllCount) {
  const HostTensor x = SineNumbers({kBatch, kClasses, kPlaces}, 2);
  const std::vector<int32_t> narrow = {0, 2, 1, 1, 1, 0, 2, 2};
  const HostTensor targets = HostTensor::FromVector(DType::kInt32, {kBatch, kPlaces}, narrow);
  Loss loss = {"SoftmaxCrossEntropyLoss", "mean"};
  loss.ignores = false;
  ExpectNear(ExpectedLoss(loss, x, std::vector<int64_t>(narrow.begin(), narrow.end())),
             ExpectOutputs(LossOf(loss, DType::kInt32).Import(), {x, targets})[0], kTolerance);
}

TEST(OnnxLoss, ATargetThatIsNoClassIsRefused) {
  Loss loss = {"NegativeLogLikelihoodLoss", "none"};
  loss.ignores = false;
  const auto graph = LossOf(loss).Import();
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  const HostTensor targets = HostTensor::FromVector(DType::kInt64, {kBatch, kPlaces}, kTargets);
  const auto found =
      EvaluateGraph(**graph, {SineNumbers({kBatch, kClasses, kPlaces}, 1), targets}).status();
  EXPECT_NE(found.message().find("7"), std::string::npos) << found.message();
}

TEST(OnnxLoss, RefusesWhatDoesNotFit) {
  TestOnnx reduction = LossOf({"NegativeLogLikelihoodLoss", "median"});
  EXPECT_NE(reduction.Complaint().find("reduction: expected none, sum or mean, found median"),
            std::string::npos)
      << reduction.Complaint();
  TestOnnx shapes;
  shapes.Input("x", {2, 3, 4});
  shapes.Input("t", {2, 5}, onnx::TensorProto::INT64);
  shapes.Node("SoftmaxCrossEntropyLoss", {"x", "t"}, {"y"});
  shapes.Output("y");
  EXPECT_NE(shapes.Complaint().find("found [2, 3, 4] and [2, 5]"), std::string::npos)
      << shapes.Complaint();
}

}  // namespace
}  // namespace mace
