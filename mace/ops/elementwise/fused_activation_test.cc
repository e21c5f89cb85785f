#include "mace/ops/elementwise/fused_activation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace mace {
namespace {

TEST(FusedActivation, AClampIsTheSameToTheBit) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  FusedActivation relu_x;
  relu_x.kind = FusedActivation::Kind::kReluX;
  relu_x.a = 6.0f;
  FusedActivation relu;
  relu.kind = FusedActivation::Kind::kRelu;
  for (const FusedActivation& activation : {FusedActivation(), relu, relu_x}) {
    const FusedActivation clamp = activation.AsClamp();
    EXPECT_EQ(clamp.kind, FusedActivation::Kind::kClamp);
    for (float x : {-kInfinity, -3.0f, -0.0f, 0.0f, 1e-40f, 5.5f, 6.0f, 7.0f, kInfinity}) {
      EXPECT_EQ(clamp.Apply(x), activation.Apply(x)) << x;
      EXPECT_EQ(std::signbit(clamp.Apply(x)), std::signbit(activation.Apply(x))) << x;
    }
    EXPECT_TRUE(std::isnan(clamp.Apply(std::nanf(""))));
  }
}

TEST(FusedActivation, OthersAreNoClamp) {
  FusedActivation tanh;
  tanh.kind = FusedActivation::Kind::kTanh;
  EXPECT_EQ(tanh.AsClamp().kind, FusedActivation::Kind::kTanh);
}

}  // namespace
}  // namespace mace
