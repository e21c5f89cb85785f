#include "mace/ops/conv/pack_transpose.h"

#include <gtest/gtest.h>

#include <vector>

namespace mace {
namespace {

TEST(TransposeBlocked, GivesEveryElementItsPlaceAndTouchesNoOther) {
  for (int64_t rows : {1, 3, 4, 5, 32}) {
    for (int64_t columns : {1, 2, 4, 7, 16, 17, 35}) {
      const int64_t stride = columns + 3, pitch = rows + 2;
      std::vector<float> from(static_cast<size_t>(rows * stride));
      for (size_t i = 0; i < from.size(); ++i) from[i] = static_cast<float>(i + 1);
      std::vector<float> expected(static_cast<size_t>(columns * pitch), -1.0f);
      std::vector<float> to = expected;
      for (int64_t c = 0; c < columns; ++c) {
        for (int64_t r = 0; r < rows; ++r) {
          // The columns come out in reverse order: where each goes is the caller's affair.
          expected[static_cast<size_t>((columns - 1 - c) * pitch + r)] =
              from[static_cast<size_t>(r * stride + c)];
        }
      }
      TransposeBlocked(from.data(), rows, columns, stride,
                       [&](int64_t c) { return to.data() + (columns - 1 - c) * pitch; });
      EXPECT_EQ(to, expected) << rows << " x " << columns;
    }
  }
}

}  // namespace
}  // namespace mace
