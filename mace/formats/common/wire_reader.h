// Goes through the fields of a protobuf message that lies in a file or in memory, without reading
// the fields' content.
//
// Thread contract: thread-compatible.
#ifndef MACE_FORMATS_COMMON_WIRE_READER_H_
#define MACE_FORMATS_COMMON_WIRE_READER_H_

#include <cstdint>
#include <vector>

#include "mace/base/status.h"
#include "mace/formats/common/byte_source.h"

namespace mace {

// A part of a source, by offsets in the source.
struct ByteRange {
  uint64_t begin = 0;
  uint64_t end = 0;

  uint64_t size() const { return end - begin; }
};

enum class WireType { kVarint = 0, kFixed64 = 1, kLengthDelimited = 2, kFixed32 = 5 };

struct WireField {
  uint64_t number = 0;
  WireType type = WireType::kVarint;
  ByteRange whole;    // The field with its tag.
  ByteRange content;  // Behind the tag; of a length-delimited field behind the length.
};

class WireReader {
 public:
  // `source` outlives the reader.
  explicit WireReader(const ByteSource& source) : source_(source) { Enter({0, source.size()}); }

  // Goes on with the fields of the message in `message`.
  void Enter(const ByteRange& message);
  bool at_end() const { return position_ == end_; }
  uint64_t position() const { return position_; }
  // The field at the position, and goes behind it. False where the bytes there are no field, or
  // reach beyond the message; groups count as none.
  [[nodiscard]] bool Next(WireField* field);
  // Not OK where Next was false since the bytes could not be read.
  const Status& status() const { return status_; }

 private:
  bool ReadByte(uint8_t* byte);
  bool ReadVarint(uint64_t* value);
  bool Skip(uint64_t count);

  const ByteSource& source_;
  uint64_t position_ = 0;
  uint64_t end_ = 0;
  Status status_;
  // A part of the source, from window_begin_ on.
  std::vector<uint8_t> window_;
  uint64_t window_begin_ = 0;
};

}  // namespace mace

#endif  // MACE_FORMATS_COMMON_WIRE_READER_H_
