#include "mace/base/half.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

namespace mace {
namespace {

uint32_t Bits(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}

float FromBits(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

TEST(HalfTest, EveryHalfSurvivesTheWayThroughFloat) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const uint16_t half = static_cast<uint16_t>(bits);
    const bool is_nan = (half & 0x7FFF) > 0x7C00;
    const uint16_t expected = is_nan ? half | 0x200 : half;
    ASSERT_EQ(expected, FloatToHalf(HalfToFloat(half))) << std::hex << bits;
    ASSERT_EQ(is_nan, std::isnan(HalfToFloat(half))) << std::hex << bits;
  }
}

TEST(HalfTest, KnownValues) {
  EXPECT_EQ(1.0f, HalfToFloat(0x3C00));
  EXPECT_EQ(-2.0f, HalfToFloat(0xC000));
  EXPECT_EQ(65504.0f, HalfToFloat(0x7BFF));
  EXPECT_EQ(0x1p-24f, HalfToFloat(0x0001));
  EXPECT_EQ(0x1p-14f, HalfToFloat(0x0400));
  EXPECT_EQ(std::numeric_limits<float>::infinity(), HalfToFloat(0x7C00));
  EXPECT_EQ(0x8000u, FloatToHalf(-0.0f));
}

TEST(HalfTest, TiesGoToEven) {
  EXPECT_EQ(0x3C00, FloatToHalf(1.0f + 0x1p-11f));
  EXPECT_EQ(0x3C01, FloatToHalf(1.0f + 0x1p-11f + 0x1p-20f));
  EXPECT_EQ(0x3C02, FloatToHalf(1.0f + 3 * 0x1p-11f));
  EXPECT_EQ(0x0000, FloatToHalf(0x1p-25f));
  EXPECT_EQ(0x0001, FloatToHalf(std::nextafter(0x1p-25f, 1.0f)));
  EXPECT_EQ(0x0002, FloatToHalf(3 * 0x1p-25f));
  EXPECT_EQ(0x0400, FloatToHalf(0x1p-14f - 0x1p-26f));
  EXPECT_EQ(0x7BFF, FloatToHalf(65519.0f));
  EXPECT_EQ(0x7C00, FloatToHalf(65520.0f));
  EXPECT_EQ(0xFC00, FloatToHalf(-1e30f));
}

TEST(HalfTest, RoundingIsToTheNearest) {
  std::mt19937 random(1);
  std::uniform_int_distribution<uint32_t> exponents(100, 143), mantissas(0, 0x7FFFFF);
  for (int i = 0; i < 100000; ++i) {
    const float value = FromBits((exponents(random) << 23) | mantissas(random));
    const uint16_t half = FloatToHalf(value);
    if (half >= 0x7C00) continue;
    const double error = std::abs(double{HalfToFloat(half)} - value);
    if (half > 0) {
      EXPECT_LE(error, std::abs(double{HalfToFloat(half - 1)} - value)) << value;
    }
    if (half < 0x7BFF) {
      EXPECT_LE(error, std::abs(double{HalfToFloat(half + 1)} - value)) << value;
    }
  }
}

TEST(HalfTest, Bfloat16) {
  EXPECT_EQ(0x3F80, FloatToBfloat16(1.0f));
  EXPECT_EQ(0x3F80, FloatToBfloat16(1.0f + 0x1p-8f));
  EXPECT_EQ(0x3F82, FloatToBfloat16(1.0f + 3 * 0x1p-8f));
  EXPECT_EQ(0x7F80, FloatToBfloat16(std::numeric_limits<float>::max()));
  EXPECT_TRUE(std::isnan(Bfloat16ToFloat(FloatToBfloat16(FromBits(0x7F800001)))));
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const uint16_t value = static_cast<uint16_t>(bits);
    const bool is_nan = (value & 0x7FFF) > 0x7F80;
    ASSERT_EQ(is_nan ? value | 0x40 : value, FloatToBfloat16(Bfloat16ToFloat(value)));
  }
}

TEST(HalfTest, BulkAgreesWithSingle) {
  std::mt19937 random(2);
  std::vector<uint16_t> halves(0x10000 + 3), back(halves.size());
  std::vector<float> floats(halves.size()), raw(halves.size());
  for (size_t i = 0; i < halves.size(); ++i) {
    halves[i] = static_cast<uint16_t>(i);
    raw[i] = FromBits(static_cast<uint32_t>(random()));
  }
  HalvesToFloats(halves, floats);
  FloatsToHalves(raw, back);
  for (size_t i = 0; i < halves.size(); ++i) {
    ASSERT_EQ(Bits(HalfToFloat(halves[i])), Bits(floats[i])) << i;
    ASSERT_EQ(FloatToHalf(raw[i]), back[i]) << std::hex << Bits(raw[i]);
  }
  Bfloat16sToFloats(halves, floats);
  FloatsToBfloat16s(raw, back);
  for (size_t i = 0; i < halves.size(); ++i) {
    ASSERT_EQ(Bits(Bfloat16ToFloat(halves[i])), Bits(floats[i]));
    ASSERT_EQ(FloatToBfloat16(raw[i]), back[i]);
  }
}

}  // namespace
}  // namespace mace
