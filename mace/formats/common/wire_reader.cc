#include "mace/formats/common/wire_reader.h"

#include <algorithm>

namespace mace {
namespace {

constexpr uint64_t kWindowBytes = 8192;

}  // namespace

void WireReader::Enter(const ByteRange& message) {
  position_ = message.begin;
  end_ = message.end;
}

bool WireReader::ReadByte(uint8_t* byte) {
  if (position_ >= end_) return false;
  if (position_ < window_begin_ || position_ - window_begin_ >= window_.size()) {
    window_.resize(static_cast<size_t>(std::min(kWindowBytes, source_.size() - position_)));
    window_begin_ = position_;
    status_ = source_.ReadAt(position_, MutableBytes(window_.data(), window_.size()));
    if (!status_.ok()) {
      window_.clear();
      return false;
    }
  }
  *byte = window_[static_cast<size_t>(position_ - window_begin_)];
  ++position_;
  return true;
}

bool WireReader::ReadVarint(uint64_t* value) {
  *value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    uint8_t byte = 0;
    if (!ReadByte(&byte)) return false;
    *value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return true;
  }
  return false;
}

bool WireReader::Skip(uint64_t count) {
  if (count > end_ - position_) return false;
  position_ += count;
  return true;
}

bool WireReader::Next(WireField* field) {
  field->whole.begin = position_;
  uint64_t tag = 0;
  if (!ReadVarint(&tag)) return false;
  field->number = tag >> 3;
  field->type = static_cast<WireType>(tag & 7);
  field->content.begin = position_;
  uint64_t number = 0;
  bool good = field->number != 0;
  switch (field->type) {
    case WireType::kVarint:
      good = good && ReadVarint(&number);
      break;
    case WireType::kFixed64:
      good = good && Skip(8);
      break;
    case WireType::kFixed32:
      good = good && Skip(4);
      break;
    case WireType::kLengthDelimited:
      good = good && ReadVarint(&number);
      field->content.begin = position_;
      good = good && Skip(number);
      break;
    default:  // Groups, and what protobuf does not have.
      good = false;
  }
  field->whole.end = field->content.end = position_;
  return good;
}

}  // namespace mace
