// Fixed-length numbers as bytes, least-significant byte first, made and taken apart by shifts: the
// same on every host.
//
// Ownership: a ByteReader views bytes that must outlive it. Errors: every read says whether there
// was enough; a read that fails leaves the reader and the output as they were. Thread contract:
// functions are thread-safe, ByteReader is thread-compatible.
#ifndef MACE_BASE_CODING_H_
#define MACE_BASE_CODING_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "mace/base/span.h"

namespace mace {

// The characters of a string as bytes, and back. Views: nothing is copied.
Bytes AsBytes(std::string_view text);
std::string_view AsStringView(Bytes bytes);

// Append to `*out`.
void PutFixed8(std::string* out, uint8_t value);
void PutFixed16(std::string* out, uint16_t value);
void PutFixed32(std::string* out, uint32_t value);
void PutFixed64(std::string* out, uint64_t value);
void PutBytes(std::string* out, Bytes bytes);
// A 32-bit length, then the text. REQUIRES: text.size() fits 32 bits.
void PutLengthPrefixed(std::string* out, std::string_view text);

// REQUIRES: `data` points to at least 2, 4 or 8 readable bytes.
uint16_t GetFixed16(const uint8_t* data);
uint32_t GetFixed32(const uint8_t* data);
uint64_t GetFixed64(const uint8_t* data);

// A bounds-checked cursor. No read passes the end and no length from the bytes is used unchecked.
class ByteReader {
 public:
  explicit ByteReader(Bytes bytes) : bytes_(bytes) {}

  [[nodiscard]] bool ReadFixed8(uint8_t* value);
  [[nodiscard]] bool ReadFixed16(uint16_t* value);
  [[nodiscard]] bool ReadFixed32(uint32_t* value);
  [[nodiscard]] bool ReadFixed64(uint64_t* value);
  // The next `count` bytes, as a view.
  [[nodiscard]] bool ReadBytes(size_t count, Bytes* value);
  [[nodiscard]] bool Skip(size_t count);
  // Reads what PutLengthPrefixed wrote; false also when the length is above `limit`.
  [[nodiscard]] bool ReadLengthPrefixed(size_t limit, std::string* value);

  size_t position() const { return position_; }
  size_t remaining() const { return bytes_.size() - position_; }
  bool empty() const { return remaining() == 0; }

 private:
  const uint8_t* cursor() const { return bytes_.data() + position_; }

  Bytes bytes_;
  size_t position_ = 0;
};

}  // namespace mace

#endif  // MACE_BASE_CODING_H_
