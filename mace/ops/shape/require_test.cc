#include <gtest/gtest.h>

#include "mace/testing/op_tester.h"

namespace mace {
namespace {

OpTester Require(bool condition, Shape shape = Shape()) {
  OpTester tester("Require");
  tester.Set("message", std::string("the reason"))
      .Input(HostTensor::FromVector<int32_t>(DType::kInt32, Shape{3}, {7, -8, 9}))
      .Input(HostTensor::FromVector<uint8_t>(DType::kBool, std::move(shape),
                                             {static_cast<uint8_t>(condition)}));
  return tester;
}

TEST(RequireTest, GivesItsInputWhereTheConditionHolds) {
  for (const Shape& shape : {Shape(), Shape{1}, Shape{1, 1}}) {
    OpTester tester = Require(true, shape);
    const auto result = tester.Reference();
    ASSERT_TRUE(result.ok()) << result.status().message();
    EXPECT_EQ((*result)[0].dtype(), DType::kInt32);
    EXPECT_EQ(ToInt64Vector((*result)[0]), (std::vector<int64_t>{7, -8, 9}));
    tester.Run();
  }
}

TEST(RequireTest, FailsWhereItDoesNot) {
  const auto result = Require(false).Reference();
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.status().code(), StatusCode::kUnsupported);
  EXPECT_NE(result.status().message().find("the reason"), std::string::npos);
}

TEST(RequireTest, RefusesOtherConditions) {
  OpTester("Require").Input({2}).Input({1}).ExpectRefused("expected x and one bool, found float32");
  OpTester("Require")
      .Input({2})
      .Input(HostTensor::FromVector<uint8_t>(DType::kBool, Shape{2}, {1, 1}))
      .ExpectRefused("found bool [2]");
}

}  // namespace
}  // namespace mace
