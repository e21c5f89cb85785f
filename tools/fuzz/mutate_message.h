// Mutations that keep a protobuf message a protobuf message: a number becomes one that is likely to
// break something, a field is taken out, doubled, or given what another field holds.
//
// Thread contract: thread-compatible.
#ifndef TOOLS_FUZZ_MUTATE_MESSAGE_H_
#define TOOLS_FUZZ_MUTATE_MESSAGE_H_

#include <functional>
#include <random>
#include <string>

#include "tools/fuzz/wire_message.h"

namespace mace {

// Changes text in place: libFuzzer's own mutation of bytes.
using MutateBytes = std::function<void(std::string*)>;

// Makes one change to a field chosen at random, at any depth; none where the message is empty.
void MutateWireMessage(std::minstd_rand* random, const MutateBytes& mutate_bytes,
                       WireMessage* message);

}  // namespace mace

#endif  // TOOLS_FUZZ_MUTATE_MESSAGE_H_
