#include "mace/tune/trial_answers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace mace {
namespace {

std::vector<HostTensor> Floats(std::vector<float> values) {
  const int64_t count = static_cast<int64_t>(values.size());
  return {HostTensor::FromVector(DType::kFloat32, {count}, values)};
}

TEST(OutputsAgreeTest, WithinTheToleranceOfTheLargest) {
  EXPECT_TRUE(OutputsAgree(Floats({100, 0.009f}), Floats({100, 0}), 1e-4));
  EXPECT_FALSE(OutputsAgree(Floats({100, 0.011f}), Floats({100, 0}), 1e-4));
  EXPECT_FALSE(OutputsAgree(Floats({1}), Floats({1, 1}), 1));
  EXPECT_FALSE(OutputsAgree(Floats({1}), {}, 1));
}

TEST(OutputsAgreeTest, NoNumbersAndInfinities) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  EXPECT_TRUE(OutputsAgree(Floats({nan, infinity, 1}), Floats({nan, infinity, 1}), 1e-4));
  EXPECT_FALSE(OutputsAgree(Floats({nan, 1}), Floats({1, 1}), 1e-4));
  EXPECT_FALSE(OutputsAgree(Floats({1, 1}), Floats({nan, 1}), 1e-4));
  EXPECT_FALSE(OutputsAgree(Floats({infinity, 1}), Floats({1, 1}), 1e-4));
  EXPECT_FALSE(OutputsAgree(Floats({infinity, 1}), Floats({-infinity, 1}), 1e-4));
}

TEST(OutputsAgreeTest, IntegersAreEqual) {
  const auto integers = [](int32_t value) {
    return std::vector<HostTensor>{
        HostTensor::FromVector(DType::kInt32, {1}, std::vector<int32_t>{value})};
  };
  EXPECT_TRUE(OutputsAgree(integers(3), integers(3), 1));
  EXPECT_FALSE(OutputsAgree(integers(3), integers(4), 1));
  EXPECT_FALSE(OutputsAgree(integers(0), Floats({0}), 1));
}

class TrialAnswersTest : public testing::Test {
 protected:
  bool Accept(const std::string& variant, float answer) {
    return answers_.Accept(
        variant, Floats({answer}),
        [&]() -> StatusOr<std::vector<HostTensor>> {
          ++asked_;
          if (broken_) return Internal("no reference");
          return Floats({1});
        },
        &refuted_);
  }

  TrialAnswers answers_{1e-4};
  std::vector<std::string> refuted_;
  int asked_ = 0;
  bool broken_ = false;
};

TEST_F(TrialAnswersTest, VariantsThatAgreeNeedNoReference) {
  EXPECT_TRUE(Accept("a", 1));
  EXPECT_TRUE(Accept("b", 1.00001f));
  EXPECT_EQ(asked_, 0);
}

TEST_F(TrialAnswersTest, TheOneThatDepartsIsWrong) {
  EXPECT_TRUE(Accept("a", 1));
  EXPECT_FALSE(Accept("b", 2));
  EXPECT_FALSE(Accept("c", 3));
  EXPECT_TRUE(Accept("d", 1));
  EXPECT_TRUE(refuted_.empty());
  EXPECT_EQ(asked_, 1);
}

TEST_F(TrialAnswersTest, ThoseBeforeAreWrong) {
  EXPECT_TRUE(Accept("a", 2));
  EXPECT_TRUE(Accept("b", 2));
  EXPECT_TRUE(Accept("c", 1));
  EXPECT_EQ(refuted_, (std::vector<std::string>{"a", "b"}));
  EXPECT_FALSE(Accept("d", 2));
  EXPECT_EQ(refuted_.size(), 2u);
}

TEST_F(TrialAnswersTest, WithoutAReferenceWhatDepartsIsRefused) {
  broken_ = true;
  EXPECT_TRUE(Accept("a", 2));
  EXPECT_FALSE(Accept("b", 1));
  EXPECT_TRUE(refuted_.empty());
}

}  // namespace
}  // namespace mace
