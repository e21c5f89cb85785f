#include "mace/base/coding.h"

#include <gtest/gtest.h>

namespace mace {
namespace {

TEST(CodingTest, NumbersAreLittleEndian) {
  std::string bytes;
  PutFixed8(&bytes, 0x01);
  PutFixed16(&bytes, 0x0302);
  PutFixed32(&bytes, 0x07060504);
  PutFixed64(&bytes, 0x0F0E0D0C0B0A0908);
  ASSERT_EQ(15u, bytes.size());
  for (size_t i = 0; i < bytes.size(); ++i) EXPECT_EQ(static_cast<char>(i + 1), bytes[i]);

  ByteReader reader(AsBytes(bytes));
  uint8_t a;
  uint16_t b;
  uint32_t c;
  uint64_t d;
  ASSERT_TRUE(reader.ReadFixed8(&a) && reader.ReadFixed16(&b) && reader.ReadFixed32(&c) &&
              reader.ReadFixed64(&d));
  EXPECT_EQ(0x01, a);
  EXPECT_EQ(0x0302, b);
  EXPECT_EQ(0x07060504u, c);
  EXPECT_EQ(0x0F0E0D0C0B0A0908u, d);
  EXPECT_TRUE(reader.empty());
}

TEST(CodingTest, ReadsPastTheEndFailAndChangeNothing) {
  const std::string bytes = "abc";
  ByteReader reader(AsBytes(bytes));
  uint32_t c = 42;
  uint64_t d = 42;
  Bytes view;
  EXPECT_FALSE(reader.ReadFixed32(&c));
  EXPECT_FALSE(reader.ReadFixed64(&d));
  EXPECT_FALSE(reader.ReadBytes(4, &view));
  EXPECT_FALSE(reader.ReadBytes(SIZE_MAX, &view));
  EXPECT_FALSE(reader.Skip(SIZE_MAX));
  EXPECT_EQ(42u, c);
  EXPECT_EQ(42u, d);
  EXPECT_EQ(3u, reader.remaining());
  EXPECT_TRUE(reader.Skip(2));
  uint16_t b = 42;
  EXPECT_FALSE(reader.ReadFixed16(&b));
  uint8_t a = 0;
  EXPECT_TRUE(reader.ReadFixed8(&a));
  EXPECT_EQ('c', a);
  EXPECT_FALSE(reader.ReadFixed8(&a));
}

TEST(CodingTest, LengthsAreChecked) {
  std::string bytes;
  PutLengthPrefixed(&bytes, "hello");
  std::string text = "before";
  ByteReader too_long(AsBytes(bytes));
  EXPECT_FALSE(too_long.ReadLengthPrefixed(4, &text));
  for (size_t length = 0; length < bytes.size(); ++length) {
    ByteReader cut(AsBytes(std::string_view(bytes).substr(0, length)));
    EXPECT_FALSE(cut.ReadLengthPrefixed(100, &text));
    EXPECT_EQ(0u, cut.position());
  }
  EXPECT_EQ("before", text);
  ByteReader reader(AsBytes(bytes));
  EXPECT_TRUE(reader.ReadLengthPrefixed(5, &text));
  EXPECT_EQ("hello", text);

  const std::string hostile = "\xFF\xFF\xFF\xFFxyz";
  ByteReader hostile_reader(AsBytes(hostile));
  EXPECT_FALSE(hostile_reader.ReadLengthPrefixed(SIZE_MAX, &text));
}

}  // namespace
}  // namespace mace
