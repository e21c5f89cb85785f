#include "mace/ops/recurrent/lstm_functions.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

namespace mace {
namespace {

TEST(LstmFunctions, AreWithinTheirBounds) {
  for (int i = -300; i <= 300; ++i) {
    const float x = static_cast<float>(i) * 0.1f;
    EXPECT_NEAR(LstmLogistic(x), 1 / (1 + std::exp(-double{x})), 2e-7) << x;
    EXPECT_NEAR(LstmTanh(x), std::tanh(double{x}), 4e-7) << x;
  }
}

TEST(LstmFunctions, VectorsHaveTheBitsOfSingleNumbers) {
  std::vector<float> numbers = {0.0f,
                                -0.0f,
                                18,
                                -18,
                                1e30f,
                                -1e30f,
                                1e-30f,
                                std::numeric_limits<float>::infinity(),
                                -std::numeric_limits<float>::infinity()};
  for (int i = 0; i < 2000; ++i)
    numbers.push_back(static_cast<float>(std::sin(i * 1.3) * i * 0.01));
  std::vector<float> logistic = numbers, tanh = numbers;
  ApplyLstmLogistic(logistic.data(), logistic.size());
  ApplyLstmTanh(tanh.data(), tanh.size());
  for (size_t i = 0; i < numbers.size(); ++i) {
    const float expected[] = {LstmLogistic(numbers[i]), LstmTanh(numbers[i])};
    const float found[] = {logistic[i], tanh[i]};
    EXPECT_EQ(std::memcmp(found, expected, sizeof(found)), 0) << numbers[i];
  }
}

TEST(LstmFunctions, ANanStaysOne) {
  std::vector<float> logistic(11, std::numeric_limits<float>::quiet_NaN()), tanh = logistic;
  ApplyLstmLogistic(logistic.data(), logistic.size());
  ApplyLstmTanh(tanh.data(), tanh.size());
  for (size_t i = 0; i < logistic.size(); ++i) {
    EXPECT_TRUE(std::isnan(logistic[i]) && std::isnan(tanh[i])) << i;
  }
}

}  // namespace
}  // namespace mace
