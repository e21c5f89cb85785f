#include "mace/base/coding.h"

namespace mace {
namespace {

void PutLittleEndian(std::string* out, uint64_t value, int size) {
  for (int i = 0; i < size; ++i) out->push_back(static_cast<char>((value >> (8 * i)) & 0xFF));
}

uint64_t GetLittleEndian(const uint8_t* data, int size) {
  uint64_t value = 0;
  for (int i = 0; i < size; ++i) value |= static_cast<uint64_t>(data[i]) << (8 * i);
  return value;
}

}  // namespace

Bytes AsBytes(std::string_view text) {
  return Bytes(reinterpret_cast<const uint8_t*>(text.data()), text.size());
}

std::string_view AsStringView(Bytes bytes) {
  return std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

void PutFixed8(std::string* out, uint8_t value) { PutLittleEndian(out, value, 1); }
void PutFixed16(std::string* out, uint16_t value) { PutLittleEndian(out, value, 2); }
void PutFixed32(std::string* out, uint32_t value) { PutLittleEndian(out, value, 4); }
void PutFixed64(std::string* out, uint64_t value) { PutLittleEndian(out, value, 8); }

void PutBytes(std::string* out, Bytes bytes) { out->append(AsStringView(bytes)); }

void PutLengthPrefixed(std::string* out, std::string_view text) {
  PutFixed32(out, static_cast<uint32_t>(text.size()));
  out->append(text);
}

uint16_t GetFixed16(const uint8_t* data) { return static_cast<uint16_t>(GetLittleEndian(data, 2)); }
uint32_t GetFixed32(const uint8_t* data) { return static_cast<uint32_t>(GetLittleEndian(data, 4)); }
uint64_t GetFixed64(const uint8_t* data) { return GetLittleEndian(data, 8); }

bool ByteReader::ReadFixed8(uint8_t* value) {
  if (remaining() < 1) return false;
  *value = *cursor();
  position_ += 1;
  return true;
}

bool ByteReader::ReadFixed16(uint16_t* value) {
  if (remaining() < 2) return false;
  *value = GetFixed16(cursor());
  position_ += 2;
  return true;
}

bool ByteReader::ReadFixed32(uint32_t* value) {
  if (remaining() < 4) return false;
  *value = GetFixed32(cursor());
  position_ += 4;
  return true;
}

bool ByteReader::ReadFixed64(uint64_t* value) {
  if (remaining() < 8) return false;
  *value = GetFixed64(cursor());
  position_ += 8;
  return true;
}

bool ByteReader::ReadBytes(size_t count, Bytes* value) {
  if (remaining() < count) return false;
  *value = Bytes(cursor(), count);
  position_ += count;
  return true;
}

bool ByteReader::Skip(size_t count) {
  Bytes skipped;
  return ReadBytes(count, &skipped);
}

bool ByteReader::ReadLengthPrefixed(size_t limit, std::string* value) {
  if (remaining() < 4) return false;
  const size_t length = GetFixed32(cursor());
  if (length > limit || length > remaining() - 4) return false;
  value->assign(AsStringView(Bytes(cursor() + 4, length)));
  position_ += 4 + length;
  return true;
}

}  // namespace mace
