#include "tools/fuzz/wire_message.h"

#include <gtest/gtest.h>

#include <random>

#include "mace/base/coding.h"
#include "tools/fuzz/mutate_message.h"

namespace mace {
namespace {

// Field 1: 300; field 2: a message that holds field 3: "Conv"; field 4: 7 in 32 bits.
const std::string kMessage =
    std::string("\x08\xac\x02\x12\x06\x1a\x04") + "Conv" + std::string("\x25\x07\x00\x00\x00", 5);

TEST(WireMessage, ReadsNumbersTextAndMessages) {
  const auto message = ParseWireMessage(AsBytes(kMessage));
  ASSERT_TRUE(message.has_value());
  ASSERT_EQ(message->size(), 3u);
  EXPECT_EQ((*message)[0].value, 300u);
  ASSERT_TRUE((*message)[1].is_message);
  ASSERT_EQ((*message)[1].message.size(), 1u);
  EXPECT_EQ((*message)[1].message[0].number, 3u);
  EXPECT_EQ((*message)[1].message[0].bytes, "Conv");
  EXPECT_EQ((*message)[2].value, 7u);
}

TEST(WireMessage, WritesTheBytesItRead) {
  EXPECT_EQ(SerializeWireMessage(*ParseWireMessage(AsBytes(kMessage))), kMessage);
}

TEST(WireMessage, IsNoneWhereALengthPassesTheEnd) {
  EXPECT_FALSE(ParseWireMessage(AsBytes("\x12\x06\x1a")).has_value());
  EXPECT_FALSE(ParseWireMessage(AsBytes("\x08\xff")).has_value());
}

TEST(WireMessage, LengthsFitAfterAnyMutation) {
  const MutateBytes grow = [](std::string* text) { *text += "more"; };
  int changed = 0;
  for (uint32_t seed = 1; seed <= 500; ++seed) {
    std::minstd_rand random(seed);
    WireMessage message = *ParseWireMessage(AsBytes(kMessage));
    for (int i = 0; i < 4; ++i) MutateWireMessage(&random, grow, &message);
    const std::string bytes = SerializeWireMessage(message);
    EXPECT_TRUE(ParseWireMessage(AsBytes(bytes)).has_value()) << seed;
    changed += bytes != kMessage ? 1 : 0;
  }
  EXPECT_GT(changed, 450);
}

TEST(WireMessage, AnEmptyMessageStaysEmpty) {
  std::minstd_rand random(1);
  WireMessage message;
  MutateWireMessage(&random, nullptr, &message);
  EXPECT_TRUE(message.empty());
}

}  // namespace
}  // namespace mace
