#include "mace/base/catch_exhaustion.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace mace {
namespace {

TEST(CatchExhaustion, GivesWhatTheFunctionGives) {
  EXPECT_TRUE(CatchExhaustion([] { return Status(); }).ok());
  EXPECT_EQ(CatchExhaustion([] { return NotFound("x"); }).code(), StatusCode::kNotFound);
  const StatusOr<int> seven = CatchExhaustion([]() -> StatusOr<int> { return 7; });
  ASSERT_TRUE(seven.ok());
  EXPECT_EQ(*seven, 7);
}

TEST(CatchExhaustion, AnExceptionOfExhaustionIsAStatus) {
  EXPECT_EQ(CatchExhaustion([]() -> Status { throw std::bad_alloc(); }).code(),
            StatusCode::kResourceExhausted);
  EXPECT_EQ(
      CatchExhaustion([]() -> Status {
        throw std::system_error(std::make_error_code(std::errc::resource_unavailable_try_again));
      }).code(),
      StatusCode::kResourceExhausted);
  const StatusOr<std::vector<char>> huge = CatchExhaustion(
      []() -> StatusOr<std::vector<char>> { return std::vector<char>(~size_t{0} / 2 + 2); });
  EXPECT_EQ(huge.status().code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(huge.status().message(), "out of memory");
}

TEST(CatchExhaustion, OtherExceptionsAreNotCaught) {
  EXPECT_THROW(CatchExhaustion([]() -> Status { throw std::out_of_range("x"); }).ok(),
               std::out_of_range);
}

TEST(StatusOr, AnOkStatusIsNoValue) {
  const StatusOr<int> nothing = Status();
  EXPECT_FALSE(nothing.ok());
  EXPECT_EQ(nothing.status().code(), StatusCode::kInternal);
}

}  // namespace
}  // namespace mace
