// The structures of a compiled-program cache file and their bytes, as specified by FORMAT.md. Bytes
// only: no files, no OpenCL. Each structure has EncodeTo, which appends its bytes, and DecodeFrom,
// which takes them from a reader. A device, which is described in mace/base, has two functions
// instead.
//
// Errors: kCorruption for bytes that contradict themselves or exceed a limit, kUnsupported for
// another version. A length is checked before anything of that length is allocated.
// Thread contract: thread-compatible, plain data.
#ifndef MACE_CACHE_FORMAT_H_
#define MACE_CACHE_FORMAT_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "mace/base/coding.h"
#include "mace/base/device_identity.h"
#include "mace/base/hash.h"
#include "mace/base/status.h"

namespace mace {

// The name that engines give the file where the caller names only a folder.
constexpr char kCacheFileName[] = "mace-cl-compiled-program.bin";

constexpr uint32_t kCacheMagic = 0x504C434D;             // "MCLP": MACE compiled OpenCL program.
constexpr uint32_t kCacheMagicAlternative = 0x4543414D;  // "MACE".
constexpr uint32_t kCacheMajorVersion = 1;
constexpr uint32_t kCacheVersion = kCacheMajorVersion << 16;

constexpr size_t kSectionAlignment = 4096;
constexpr size_t kFixedHeaderSize = 0x14;
constexpr size_t kMinimumHeaderSize = 0x38;  // The vendor header without devices.
constexpr size_t kTrailerSize = 64;
constexpr size_t kSignatureBlockSize = 96;  // Public key and signature.

constexpr size_t kLargestHeader = size_t{1} << 20;
constexpr size_t kLargestTable = size_t{256} << 20;
constexpr size_t kLargestTuning = size_t{64} << 20;
constexpr size_t kLargestDeviceText = 4096;
constexpr size_t kLargestText = 65536;

constexpr uint32_t kFlagSigned = 1;
// A reader refuses those of them that it does not know.
constexpr uint32_t kFlagsToUnderstand = 0xFFFF0000;

enum class SectionKind : uint32_t { kDriverBinary = 1, kCubin = 2, kPtx = 3 };
// "driver binary", "cubin", "PTX", or "unknown".
const char* SectionKindName(SectionKind kind);
inline bool IsKnownKind(SectionKind kind) {
  return kind >= SectionKind::kDriverBinary && kind <= SectionKind::kPtx;
}

// Fixed and vendor header, less the devices.
struct CacheFileHeader {
  uint32_t magic = kCacheMagic;
  uint32_t version = kCacheVersion;
  uint32_t kernel_count = 0;
  uint32_t total_binary_size = 0;
  uint32_t table_offset = 0;
  uint32_t header_size = 0;
  uint32_t flags = 0;
  uint32_t generation = 0;
  uint64_t file_size = 0;
  uint32_t table_size = 0;
  uint32_t tuning_size = 0;
  uint32_t tuning_count = 0;
  uint32_t device_count = 0;

  bool is_signed() const { return (flags & kFlagSigned) != 0; }
  size_t trailer_size() const { return kTrailerSize + (is_signed() ? kSignatureBlockSize : 0); }

  void EncodeTo(std::string* out) const;
  // Magic and version are judged first, so that the message names the true reason.
  Status DecodeFrom(ByteReader* reader);
  // Every size against every other and against the size that the file really has.
  Status Validate(uint64_t actual_file_size) const;
};

// One entry of the device table: its bytes, and the device in the bytes that come next.
std::string EncodeDevice(const DeviceIdentity& device);
Status DecodeDevice(ByteReader* reader, DeviceIdentity* device);

// One entry of the kernel table.
struct KernelEntry {
  Sha256Digest program_key = {};
  Sha256Digest source_hash = {};  // Zeros: unknown.
  Sha256Digest section_digest = {};
  uint64_t section_offset = 0;
  uint64_t section_size = 0;
  // May hold a value that this version does not know.
  SectionKind kind = SectionKind::kDriverBinary;
  uint32_t device = 0;
  uint32_t last_used = 0;
  std::string name;
  std::string launch_shapes;

  static constexpr size_t kMinimumSize = 0x88;  // With the size field and both strings empty.

  void EncodeTo(std::string* out) const;
  Status DecodeFrom(ByteReader* reader);
};

struct TuningRecord {
  uint32_t device = 0;
  uint32_t last_used = 0;
  std::string key;
  std::string value;

  static constexpr size_t kMinimumSize = 20;  // With the size field and both strings empty.

  void EncodeTo(std::string* out) const;
  Status DecodeFrom(ByteReader* reader);
};

using PublicKey = std::array<uint8_t, 32>;
using Signature = std::array<uint8_t, 64>;

struct CacheTrailer {
  Sha256Digest index_digest = {};
  Sha256Digest file_digest = {};
  PublicKey public_key = {};  // This and `signature` only in a signed file.
  Signature signature = {};

  void EncodeTo(std::string* out, bool is_signed) const;
  Status DecodeFrom(ByteReader* reader, bool is_signed);
};

}  // namespace mace

#endif  // MACE_CACHE_FORMAT_H_
