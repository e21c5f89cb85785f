// The wire form of protobuf messages as a tree, without a schema, so that the fuzzer can change one
// field of a model and still give a message whose lengths are right.
//
// Thread contract: thread-safe (pure functions).
#ifndef TOOLS_FUZZ_WIRE_MESSAGE_H_
#define TOOLS_FUZZ_WIRE_MESSAGE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mace/base/span.h"

namespace mace {

struct MessageField;
using WireMessage = std::vector<MessageField>;

struct MessageField {
  enum Type : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

  uint64_t number = 0;  // Which field of its message.
  Type type = kVarint;
  uint64_t value = 0;  // For the types other than kBytes.
  std::string bytes;   // For kBytes that are no message.
  // True for a field of kBytes that can be read as a message.
  bool is_message = false;
  WireMessage message;
};

// Text that happens to be a valid message is taken for one. std::nullopt: the bytes are none.
std::optional<WireMessage> ParseWireMessage(Bytes bytes);

std::string SerializeWireMessage(const WireMessage& message);

}  // namespace mace

#endif  // TOOLS_FUZZ_WIRE_MESSAGE_H_
