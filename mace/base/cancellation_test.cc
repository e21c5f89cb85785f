#include "mace/base/cancellation.h"

#include <gtest/gtest.h>

#include <thread>

namespace mace {
namespace {

TEST(Cancellation, IsSeenByItsThreadAlone) {
  Cancellation cancellation;
  EXPECT_TRUE(CheckCancelled().ok());
  {
    const ScopedCancellation scope(&cancellation);
    EXPECT_TRUE(CheckCancelled().ok());
    std::thread([&] { cancellation.Cancel(); }).join();
    EXPECT_EQ(StatusCode::kCancelled, CheckCancelled().code());
    std::thread([] { EXPECT_TRUE(CheckCancelled().ok()); }).join();
    {
      const ScopedCancellation none(nullptr);
      EXPECT_TRUE(CheckCancelled().ok());
    }
    EXPECT_EQ(StatusCode::kCancelled, CheckCancelled().code());
    cancellation.Restart(std::nullopt);
    EXPECT_TRUE(CheckCancelled().ok());
  }
  cancellation.Cancel();
  EXPECT_TRUE(CheckCancelled().ok());
}

TEST(Cancellation, ADeadlineThatHasPassed) {
  Cancellation cancellation;
  const auto now = Cancellation::Clock::now();
  cancellation.Restart(now + std::chrono::hours(1));
  EXPECT_TRUE(cancellation.Check().ok());
  cancellation.Restart(now);
  EXPECT_EQ(StatusCode::kDeadlineExceeded, cancellation.Check().code());
  cancellation.Cancel();
  EXPECT_EQ(StatusCode::kCancelled, cancellation.Check().code());
}

}  // namespace
}  // namespace mace
