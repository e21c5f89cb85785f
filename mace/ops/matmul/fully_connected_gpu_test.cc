#include <gtest/gtest.h>

#include "mace/testing/op_tester.h"

namespace mace {
namespace {

TEST(FullyConnectedTest, Images) {
  OpTester("FullyConnected").Input({1, 3, 5, 6}).Constant({37, 6, 3, 5}).Constant({37}).Run();
  OpTester("FullyConnected")
      .Input({3, 2, 3, 7})
      .Constant({10, 7, 2, 3})
      .Set("activation", std::string("SIGMOID"))
      .Run();
}

TEST(FullyConnectedTest, Rows) {
  OpTester("FullyConnected").Input({3, 70}).Constant({9, 70, 1, 1}).Constant({9}).Run();
  OpTester("FullyConnected").Input({1, 24}).Constant({9, 4, 2, 3}).Constant({9}).Run();
}

TEST(FullyConnectedTest, AnotherSplitOfTheSameElements) {
  OpTester("FullyConnected").Input({2, 1, 1, 24}).Constant({5, 4, 2, 3}).Run();
}

TEST(FullyConnectedTest, OtherRanks) {
  OpTester("FullyConnected").Input({2, 3, 4}).Constant({5, 4, 1, 3}).Constant({5}).Run();
  OpTester("FullyConnected").Input({3, 3, 5}).Constant({6, 5, 3, 1}).Run();
  OpTester("FullyConnected")
      .Input({3, 2, 4, 3, 5})
      .Constant({18, 5, 8, 3})
      .Constant({18})
      .Set("activation", std::string("RELU"))
      .Run();
  OpTester("FullyConnected").Input({2, 2, 1, 3, 2, 3}).Constant({7, 3, 3, 4}).Run();
}

TEST(FullyConnectedTest, ComputedWeights) {
  OpTester("FullyConnected").Input({3, 24}).Input({9, 24, 1, 1}).Run();
  OpTester("FullyConnected").Input({2, 2, 3, 4}).Input({18, 4, 2, 3}).Input({18}).Run();
  OpTester("FullyConnected").Input({2, 6, 3}).Input({5, 1, 6, 3}).Constant({5}).Run();
  OpTester("FullyConnected")
      .Input({9, 2, 2, 3})
      .Constant({17, 3, 2, 2})
      .Input({17})
      .Set("activation", std::string("TANH"))
      .Run();
}

TEST(FullyConnectedTest, WeightsTimesComputedWeights) {
  OpTester("FullyConnected").Constant({3, 2, 2, 3}).Input({4, 3, 2, 2}).Constant({4}).Run();
}

// w is [O, I, H, W], x is flattened as H, W, I.
TEST(FullyConnectedTest, OrderOfTheElements) {
  OpTester tester("FullyConnected");
  tester.Input(HostTensor::FromVector<float>(DType::kFloat32, {1, 1, 2, 2}, {1, 10, 100, 1000}))
      .Constant(HostTensor::FromVector<float>(DType::kFloat32, {1, 2, 1, 2}, {1, 2, 3, 4}));
  StatusOr<std::vector<HostTensor>> outputs = tester.Reference();
  ASSERT_TRUE(outputs.ok()) << outputs.status().message();
  EXPECT_EQ((*outputs)[0].shape(), Shape({1, 1, 1, 1}));
  EXPECT_EQ((*outputs)[0].f32()[0], 1 * 1 + 10 * 3 + 100 * 2 + 1000 * 4);
}

TEST(FullyConnectedTest, RefusesWhatDoesNotFit) {
  OpTester("FullyConnected").Input({1, 25}).Constant({9, 4, 2, 3}).ExpectRefused("does not fit w");
  OpTester("FullyConnected").Input({24}).Constant({9, 24, 1, 1}).ExpectRefused("does not fit w");
  OpTester("FullyConnected")
      .Input({1, 24})
      .Constant({9, 24, 1, 1})
      .Constant({8})
      .ExpectRefused("bias: expected 9");
}

}  // namespace
}  // namespace mace
