#include "mace/cache/format.h"

#include <algorithm>

namespace mace {
namespace {

template <size_t kSize>
bool ReadArray(ByteReader* reader, std::array<uint8_t, kSize>* value) {
  Bytes bytes;
  if (!reader->ReadBytes(kSize, &bytes)) return false;
  std::copy(bytes.begin(), bytes.end(), value->begin());
  return true;
}

template <size_t kSize>
void PutArray(std::string* out, const std::array<uint8_t, kSize>& value) {
  PutBytes(out, Bytes(value.data(), value.size()));
}

// The size-prefixed entry that comes next, as a reader of its own: what a newer minor version
// appended to it is skipped.
bool ReadEntry(ByteReader* reader, ByteReader* entry) {
  uint32_t size;
  Bytes bytes;
  if (!reader->ReadFixed32(&size) || !reader->ReadBytes(size, &bytes)) return false;
  *entry = ByteReader(bytes);
  return true;
}

void PutEntry(std::string* out, const std::string& entry) { PutLengthPrefixed(out, entry); }

Status CheckLimit(const char* what, uint64_t value, uint64_t limit) {
  if (value <= limit) return Status::Ok();
  return Corruption(std::string(what) + " is " + std::to_string(value) + ", the limit is " +
                    std::to_string(limit));
}

}  // namespace

const char* SectionKindName(SectionKind kind) {
  switch (kind) {
    case SectionKind::kDriverBinary:
      return "driver binary";
    case SectionKind::kCubin:
      return "cubin";
    case SectionKind::kPtx:
      return "PTX";
  }
  return "unknown";
}

void CacheFileHeader::EncodeTo(std::string* out) const {
  PutFixed32(out, magic);
  PutFixed32(out, version);
  PutFixed32(out, kernel_count);
  PutFixed32(out, total_binary_size);
  PutFixed32(out, table_offset);
  PutFixed32(out, header_size);
  PutFixed32(out, flags);
  PutFixed32(out, generation);
  PutFixed64(out, file_size);
  PutFixed32(out, table_size);
  PutFixed32(out, tuning_size);
  PutFixed32(out, tuning_count);
  PutFixed32(out, device_count);
}

Status CacheFileHeader::DecodeFrom(ByteReader* reader) {
  if (!reader->ReadFixed32(&magic)) return Corruption("truncated: no room for a header");
  if (magic != kCacheMagic && magic != kCacheMagicAlternative) {
    return Corruption("wrong magic: not a compiled-program cache");
  }
  if (!reader->ReadFixed32(&version)) return Corruption("truncated: no room for a header");
  if (version >> 16 != kCacheMajorVersion) {
    return Unsupported("major version " + std::to_string(version >> 16) + ", expected " +
                       std::to_string(kCacheMajorVersion));
  }
  const bool complete = reader->ReadFixed32(&kernel_count) &&
                        reader->ReadFixed32(&total_binary_size) &&
                        reader->ReadFixed32(&table_offset) && reader->ReadFixed32(&header_size) &&
                        reader->ReadFixed32(&flags) && reader->ReadFixed32(&generation) &&
                        reader->ReadFixed64(&file_size) && reader->ReadFixed32(&table_size) &&
                        reader->ReadFixed32(&tuning_size) && reader->ReadFixed32(&tuning_count) &&
                        reader->ReadFixed32(&device_count);
  return complete ? Status::Ok() : Corruption("truncated: no room for a header");
}

Status CacheFileHeader::Validate(uint64_t actual_file_size) const {
  if (file_size != actual_file_size) {
    return Corruption((actual_file_size < file_size ? "truncated: has " : "wrong size: has ") +
                      std::to_string(actual_file_size) + " bytes, its header says " +
                      std::to_string(file_size));
  }
  const uint32_t unknown = flags & kFlagsToUnderstand;
  if (unknown != 0) return Unsupported("unknown flags in its header");
  MACE_RETURN_IF_ERROR(CheckLimit("header_size", header_size, kLargestHeader));
  MACE_RETURN_IF_ERROR(CheckLimit("table_size", table_size, kLargestTable));
  MACE_RETURN_IF_ERROR(CheckLimit("tuning_size", tuning_size, kLargestTuning));
  if (header_size < kMinimumHeaderSize || table_offset < header_size) {
    return Corruption("header_size and table_offset contradict each other");
  }
  // Sums of 32-bit numbers in 64 bits: they cannot wrap.
  const uint64_t expected_size = uint64_t{table_offset} + table_size + tuning_size + trailer_size();
  if (expected_size != file_size) return Corruption("its parts do not add up to its size");
  if (kernel_count > table_size / KernelEntry::kMinimumSize) {
    return Corruption("kernel_count is more than the table can hold");
  }
  if (tuning_count > tuning_size / TuningRecord::kMinimumSize) {
    return Corruption("tuning_count is more than the records can hold");
  }
  if (total_binary_size > table_offset - header_size) {
    return Corruption("total_binary_size is more than the file can hold");
  }
  return Status::Ok();
}

std::string EncodeDevice(const DeviceIdentity& device) {
  std::string entry, bytes;
  for (const auto text : kDeviceTexts) PutLengthPrefixed(&entry, device.*text);
  PutEntry(&bytes, entry);
  return bytes;
}

Status DecodeDevice(ByteReader* reader, DeviceIdentity* device) {
  ByteReader entry((Bytes()));
  if (!ReadEntry(reader, &entry)) return Corruption("a device does not fit the header");
  for (const auto text : kDeviceTexts) {
    if (!entry.ReadLengthPrefixed(kLargestDeviceText, &(device->*text))) {
      return Corruption("a device's text is above its limit or its entry");
    }
  }
  return Status::Ok();
}

void KernelEntry::EncodeTo(std::string* out) const {
  std::string entry;
  PutArray(&entry, program_key);
  PutArray(&entry, source_hash);
  PutArray(&entry, section_digest);
  PutFixed64(&entry, section_offset);
  PutFixed64(&entry, section_size);
  PutFixed32(&entry, static_cast<uint32_t>(kind));
  PutFixed32(&entry, device);
  PutFixed32(&entry, last_used);
  PutLengthPrefixed(&entry, name);
  PutLengthPrefixed(&entry, launch_shapes);
  PutEntry(out, entry);
}

Status KernelEntry::DecodeFrom(ByteReader* reader) {
  ByteReader entry((Bytes()));
  uint32_t kind_value = 0;
  const bool complete = ReadEntry(reader, &entry) && ReadArray(&entry, &program_key) &&
                        ReadArray(&entry, &source_hash) && ReadArray(&entry, &section_digest) &&
                        entry.ReadFixed64(&section_offset) && entry.ReadFixed64(&section_size) &&
                        entry.ReadFixed32(&kind_value) && entry.ReadFixed32(&device) &&
                        entry.ReadFixed32(&last_used) &&
                        entry.ReadLengthPrefixed(kLargestText, &name) &&
                        entry.ReadLengthPrefixed(kLargestText, &launch_shapes);
  kind = static_cast<SectionKind>(kind_value);
  return complete ? Status::Ok() : Corruption("a kernel does not fit the table");
}

void TuningRecord::EncodeTo(std::string* out) const {
  std::string entry;
  PutFixed32(&entry, device);
  PutFixed32(&entry, last_used);
  PutLengthPrefixed(&entry, key);
  PutLengthPrefixed(&entry, value);
  PutEntry(out, entry);
}

Status TuningRecord::DecodeFrom(ByteReader* reader) {
  ByteReader entry((Bytes()));
  const bool complete = ReadEntry(reader, &entry) && entry.ReadFixed32(&device) &&
                        entry.ReadFixed32(&last_used) &&
                        entry.ReadLengthPrefixed(kLargestText, &key) &&
                        entry.ReadLengthPrefixed(kLargestText, &value);
  return complete ? Status::Ok() : Corruption("a tuning record does not fit");
}

void CacheTrailer::EncodeTo(std::string* out, bool is_signed) const {
  PutArray(out, index_digest);
  PutArray(out, file_digest);
  if (!is_signed) return;
  PutArray(out, public_key);
  PutArray(out, signature);
}

Status CacheTrailer::DecodeFrom(ByteReader* reader, bool is_signed) {
  bool complete = ReadArray(reader, &index_digest) && ReadArray(reader, &file_digest);
  if (is_signed) {
    complete = complete && ReadArray(reader, &public_key) && ReadArray(reader, &signature);
  }
  return complete ? Status::Ok() : Corruption("truncated: no room for a trailer");
}

}  // namespace mace
