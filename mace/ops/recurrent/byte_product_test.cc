#include "mace/ops/recurrent/byte_product.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

namespace mace {
namespace {

struct Extents {
  size_t count, rows, columns;
};

// Extremes are among the bytes.
std::vector<uint8_t> Bytes(size_t count, std::mt19937* random) {
  std::vector<uint8_t> bytes;
  for (size_t i = 0; i < count; ++i) {
    bytes.push_back(
        static_cast<uint8_t>((*random)() % 4 == 0 ? 255 * ((*random)() % 2) : (*random)() % 256));
  }
  return bytes;
}

void ExpectSums(const Extents& extents, uint8_t flip, std::mt19937* random) {
  const size_t pitch = (extents.rows + 3) / 4 * 4;
  std::vector<uint8_t> x(extents.count * pitch);
  for (size_t r = 0; r < extents.count; ++r) {
    const std::vector<uint8_t> row = Bytes(extents.rows, random);
    std::copy(row.begin(), row.end(), x.begin() + static_cast<std::ptrdiff_t>(r * pitch));
  }
  const std::vector<uint8_t> w = Bytes(extents.rows * extents.columns, random);
  std::vector<int32_t> expected(extents.count * extents.columns);
  for (size_t r = 0; r < extents.count; ++r) {
    for (size_t k = 0; k < extents.rows; ++k) {
      for (size_t c = 0; c < extents.columns; ++c) {
        const int element = w[k * extents.columns + c];
        const int is = flip != 0 ? element - 128 : (element < 128 ? element : element - 256);
        expected[r * extents.columns + c] += x[r * pitch + k] * is;
      }
    }
  }
  for (size_t i = 0; i < RunnableByteProducts().size(); ++i) {
    std::vector<int32_t> sums(expected.size(), -1);
    RunnableByteProducts()[i]({x.data(), extents.count, pitch},
                              {w.data(), extents.rows, extents.columns, flip}, sums.data());
    EXPECT_EQ(sums, expected) << "function " << i << ", " << extents.count << " x " << extents.rows
                              << " x " << extents.columns << ", flip " << int{flip};
  }
  std::vector<int32_t> sums(expected.size(), -1);
  PackedByteMatrix({w.data(), extents.rows, extents.columns, flip})
      .Multiply({x.data(), extents.count, pitch}, sums.data());
  EXPECT_EQ(sums, expected) << "packed, " << extents.count << " x " << extents.rows << " x "
                            << extents.columns << ", flip " << int{flip};
}

TEST(ByteProduct, AllFunctionsGiveTheSums) {
  std::mt19937 random(7);
  const Extents all[] = {{1, 1, 1},   {1, 4, 64}, {2, 5, 67},  {3, 7, 16},
                         {4, 8, 130}, {5, 3, 15}, {6, 33, 63}, {9, 66, 100}};
  for (const Extents& extents : all) {
    for (uint8_t flip : {uint8_t{0}, uint8_t{0x80}}) ExpectSums(extents, flip, &random);
  }
}

TEST(ByteProduct, AnEmptySumIsZero) {
  const uint8_t nothing = 0;
  for (ByteProduct product : RunnableByteProducts()) {
    std::vector<int32_t> sums(3, -1);
    product({&nothing, 1, 0}, {&nothing, 0, 3, 0}, sums.data());
    EXPECT_EQ(sums, std::vector<int32_t>(3, 0));
  }
}

}  // namespace
}  // namespace mace
