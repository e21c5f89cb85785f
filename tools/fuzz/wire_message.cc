#include "tools/fuzz/wire_message.h"

#include "mace/base/coding.h"

namespace mace {
namespace {

constexpr int kDeepest = 12;

bool ReadVarint(ByteReader* reader, uint64_t* value) {
  *value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    uint8_t byte = 0;
    if (!reader->ReadFixed8(&byte)) return false;
    *value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return true;
  }
  return false;
}

void PutVarint(std::string* out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out->push_back(static_cast<char>(value | 0x80));
  out->push_back(static_cast<char>(value));
}

std::optional<WireMessage> Parse(Bytes bytes, int depth);

bool ReadBytes(ByteReader* reader, int depth, MessageField* field) {
  uint64_t size = 0;
  Bytes content;
  if (!ReadVarint(reader, &size) || !reader->ReadBytes(size, &content)) return false;
  if (content.size() > 1 && depth < kDeepest) {
    std::optional<WireMessage> message = Parse(content, depth + 1);
    if (message.has_value()) {
      field->is_message = true;
      field->message = *std::move(message);
      return true;
    }
  }
  field->bytes.assign(content.begin(), content.end());
  return true;
}

bool ReadField(ByteReader* reader, int depth, MessageField* field) {
  uint64_t tag = 0;
  if (!ReadVarint(reader, &tag)) return false;
  field->number = tag >> 3;
  field->type = static_cast<MessageField::Type>(tag & 7);
  if (field->number == 0) return false;
  uint32_t narrow = 0;
  switch (field->type) {
    case MessageField::kVarint:
      return ReadVarint(reader, &field->value);
    case MessageField::kFixed64:
      return reader->ReadFixed64(&field->value);
    case MessageField::kFixed32:
      if (!reader->ReadFixed32(&narrow)) return false;
      field->value = narrow;
      return true;
    case MessageField::kBytes:
      return ReadBytes(reader, depth, field);
  }
  return false;
}

std::optional<WireMessage> Parse(Bytes bytes, int depth) {
  ByteReader reader(bytes);
  WireMessage message;
  while (reader.remaining() > 0) {
    MessageField field;
    if (!ReadField(&reader, depth, &field)) return std::nullopt;
    message.push_back(std::move(field));
  }
  return message;
}

}  // namespace

std::optional<WireMessage> ParseWireMessage(Bytes bytes) { return Parse(bytes, 0); }

std::string SerializeWireMessage(const WireMessage& message) {
  std::string out;
  for (const MessageField& field : message) {
    PutVarint(&out, field.number << 3 | field.type);
    switch (field.type) {
      case MessageField::kVarint:
        PutVarint(&out, field.value);
        break;
      case MessageField::kFixed64:
        PutFixed64(&out, field.value);
        break;
      case MessageField::kFixed32:
        PutFixed32(&out, static_cast<uint32_t>(field.value));
        break;
      case MessageField::kBytes: {
        const std::string content =
            field.is_message ? SerializeWireMessage(field.message) : field.bytes;
        PutVarint(&out, content.size());
        out += content;
        break;
      }
    }
  }
  return out;
}

}  // namespace mace
