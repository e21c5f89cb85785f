#include "mace/cache/upstream_file.h"

#include <cstdio>
#include <utility>

#include "mace/base/coding.h"
#include "mace/base/files.h"
#include "mace/base/hash.h"
#include "mace/base/strings.h"

namespace mace {
namespace {

constexpr size_t kLargestUpstreamFile = size_t{1} << 30;
constexpr size_t kChecksumSize = 4;

constexpr char kDeviceNameKey[] = "mace_opencl_precompiled_device_name_key";
constexpr char kPlatformInfoKey[] = "mace_opencl_precompiled_platform_info_key";
// The space belongs to it.
constexpr char kHashPrefix[] = "program_hash_ ";

// Protobuf's wire types.
enum WireType : uint64_t { kVarint = 0, kFixed64 = 1, kLengthDelimited = 2, kFixed32 = 5 };

bool ReadVarint(ByteReader* reader, uint64_t* value) {
  *value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    uint8_t byte;
    if (!reader->ReadFixed8(&byte)) return false;
    *value |= uint64_t{byte & 0x7Fu} << shift;
    if ((byte & 0x80) == 0) return true;
  }
  return false;
}

// The next field: its number, and its bytes where it has a length. Other fields are skipped.
bool ReadField(ByteReader* reader, uint64_t* number, bool* has_bytes, Bytes* bytes) {
  uint64_t tag, value;
  if (!ReadVarint(reader, &tag)) return false;
  *number = tag >> 3;
  *has_bytes = (tag & 7) == kLengthDelimited;
  switch (tag & 7) {
    case kVarint:
      return ReadVarint(reader, &value);
    case kFixed64:
      return reader->Skip(8);
    case kLengthDelimited:
      return ReadVarint(reader, &value) && value <= reader->remaining() &&
             reader->ReadBytes(static_cast<size_t>(value), bytes);
    case kFixed32:
      return reader->Skip(4);
    default:
      return false;
  }
}

// KVPair: 1 key, 2 bytes_value.
bool ParsePair(Bytes pair, std::string* key, std::string* value) {
  ByteReader reader(pair);
  while (!reader.empty()) {
    uint64_t number;
    bool has_bytes;
    Bytes bytes;
    if (!ReadField(&reader, &number, &has_bytes, &bytes)) return false;
    if (has_bytes && number == 1) *key = AsStringView(bytes);
    if (has_bytes && number == 2) *value = AsStringView(bytes);
  }
  return true;
}

// PairContainer: 1 pairs. By key; of a key that comes twice the last one counts, as upstream has
// it.
Status ParsePairs(Bytes container, std::map<std::string, std::string>* pairs) {
  ByteReader reader(container);
  while (!reader.empty()) {
    const std::string place = "the pair at offset " + std::to_string(reader.position());
    uint64_t number;
    bool has_bytes;
    Bytes bytes;
    if (!ReadField(&reader, &number, &has_bytes, &bytes)) {
      return Corruption(place + " does not fit the file");
    }
    if (!has_bytes || number != 1) continue;
    std::string key, value;
    if (!ParsePair(bytes, &key, &value)) return Corruption(place + " is no key and value");
    (*pairs)[std::move(key)] = std::move(value);
  }
  return Status::Ok();
}

std::string WhyNotUsed(const UpstreamProgram& program) {
  if (program.binary.empty()) return "a hash without a binary";
  const std::string hash =
      program.source_hash.empty()
          ? "no hash of its source is there"
          : "of its source only the digits " + Printable(program.source_hash) + " of two MD5 sums";
  return hash +
         ", its compile flags (fast-relaxed-math among them) and the driver's version are "
         "not recorded: no program key can be made";
}

UpstreamProgram& ProgramOf(const std::string& key, std::map<std::string, UpstreamProgram>* all) {
  UpstreamProgram& program = (*all)[key];
  const size_t space = key.find(' ');
  program.name = key.substr(0, space);
  program.options = space == std::string::npos ? "" : key.substr(space + 1);
  return program;
}

std::string Hex32(uint32_t value) {
  char text[16];
  std::snprintf(text, sizeof(text), "%08x", value);
  return text;
}

}  // namespace

StatusOr<UpstreamCacheFile> ParseUpstreamCacheFile(Bytes file) {
  if (file.size() < kChecksumSize) return Corruption("truncated: no room for a CRC-32");
  const Bytes container(file.data(), file.size() - kChecksumSize);
  const uint32_t expected = GetFixed32(container.data() + container.size());
  const uint32_t found = Crc32(container);
  if (found != expected) {
    return Corruption("CRC-32 expected " + Hex32(expected) + ", found " + Hex32(found) +
                      ": damaged, or no key-value file of upstream MACE");
  }
  std::map<std::string, std::string> pairs;
  MACE_RETURN_IF_ERROR(ParsePairs(container, &pairs));

  UpstreamCacheFile result;
  std::map<std::string, UpstreamProgram> programs;
  for (auto& [key, value] : pairs) {
    if (key == kDeviceNameKey) {
      result.device_name = value;
    } else if (key == kPlatformInfoKey) {
      result.platform_info = value;
    } else if (StartsWith(key, kHashPrefix)) {
      ProgramOf(key.substr(sizeof(kHashPrefix) - 1), &programs).source_hash = value;
    } else if (value.empty()) {
      result.other_keys.push_back(key);
    } else {
      ProgramOf(key, &programs).binary = std::move(value);
    }
  }
  for (auto& [key, program] : programs) {
    program.why = WhyNotUsed(program);
    result.programs.push_back(std::move(program));
  }
  return result;
}

StatusOr<UpstreamCacheFile> ReadUpstreamCacheFile(const std::string& path) {
  MACE_ASSIGN_OR_RETURN(const std::string file, ReadFile(path, kLargestUpstreamFile));
  StatusOr<UpstreamCacheFile> parsed = ParseUpstreamCacheFile(AsBytes(file));
  if (!parsed.ok()) return parsed.status().WithPrefix(path);
  return parsed;
}

const char* BinaryKindName(const std::string& binary) {
  if (binary.empty()) return "none";
  if (StartsWith(binary, "poclbin")) return "PoCL binary";
  if (StartsWith(binary,
                 "\x7F"
                 "ELF"))
    return "ELF";
  if (StartsWith(binary, "BC\xC0\xDE")) return "LLVM bitcode";
  // PTX is text: comments, then ".version".
  const size_t version = binary.find(".version");
  if (version != std::string::npos && version < 1024) return "PTX";
  return "unknown";
}

}  // namespace mace
