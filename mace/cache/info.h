// The content of a cache file as plain data, for `mace cache info`.
//
// Thread contract: thread-safe.
#ifndef MACE_CACHE_INFO_H_
#define MACE_CACHE_INFO_H_

#include <cstdint>
#include <string>
#include <vector>

#include "mace/base/status.h"
#include "mace/cache/contents.h"
#include "mace/cache/format.h"

namespace mace {

// Every vector is in the file's order.
struct CacheProgramInfo {
  Sha256Digest key = {};
  Sha256Digest source_hash = {};
  uint32_t device = 0;  // Index into CacheFileInfo::devices.
  SectionKind kind = SectionKind::kDriverBinary;
  uint64_t section_offset = 0;
  uint64_t section_size = 0;
  uint32_t last_used = 0;
  std::vector<CachedKernel> kernels;
};

struct CacheDeviceInfo {
  DeviceIdentity device;
  uint32_t programs = 0;
  uint32_t kernels = 0;
  uint32_t tuning_records = 0;
  uint64_t binary_bytes = 0;  // Its programs; a section that two share counts twice.
};

struct CacheFileInfo {
  std::string path;
  uint32_t owner = 0;  // User id.
  uint32_t mode = 0;   // Permission bits.
  // Why the engine would not use the file although it is whole: its owner or permissions. Empty: it
  // would.
  std::string distrust;
  CacheFileHeader header;
  CacheTrailer trailer;
  uint32_t sections = 0;  // Distinct ones.
  std::vector<CacheDeviceInfo> devices;
  std::vector<CacheProgramInfo> programs;
  std::vector<TuningRecord> tuning;  // `device` is an index into `devices`.
};

// Reads what opening reads. Owner and permissions are reported, not judged; a damaged index is the
// Status it gives.
StatusOr<CacheFileInfo> ReadCacheFileInfo(const std::string& path);

// "1.0" of 0x00010000.
std::string VersionText(uint32_t version);

}  // namespace mace

#endif  // MACE_CACHE_INFO_H_
