// Messages that a file is parsed into.
#ifndef MACE_FORMATS_COMMON_NEW_MESSAGE_H_
#define MACE_FORMATS_COMMON_NEW_MESSAGE_H_

#include <google/protobuf/arena.h>

#include <memory>

namespace mace {

// A message in an arena of its own. Where protobuf runs out of memory while it parses, an exception
// leaves the message half made, and the destructor of a map in that state crashes: in an arena no
// such destructor runs, its memory goes as a whole.
template <typename Message>
std::shared_ptr<Message> NewMessage() {
  const auto arena = std::make_shared<google::protobuf::Arena>();
  Message* const message = google::protobuf::Arena::CreateMessage<Message>(arena.get());
  return std::shared_ptr<Message>(arena, message);
}

}  // namespace mace

#endif  // MACE_FORMATS_COMMON_NEW_MESSAGE_H_
