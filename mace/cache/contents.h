// A whole cache file in memory, which writers merge, limit and encode. Bytes only, no files.
//
// Thread contract: thread-compatible, plain data; program bytes are shared and immutable.
#ifndef MACE_CACHE_CONTENTS_H_
#define MACE_CACHE_CONTENTS_H_

#include <memory>
#include <string>
#include <vector>

#include "mace/base/keyed_hash.h"
#include "mace/cache/format.h"

namespace mace {

struct CachedKernel {
  std::string name;
  std::string launch_shapes;  // The writer's text: launches that the binary covers.
};

// One compiled program, as it is added to a cache.
struct ProgramRecord {
  Sha256Digest key = {};  // ProgramKey().
  // SourceHash(); zeros if it is unknown, so that the program replaces no stale entry.
  Sha256Digest source_hash = {};
  DeviceIdentity device;
  SectionKind kind = SectionKind::kDriverBinary;
  // May be empty: one entry without a name then stands for the program.
  std::vector<CachedKernel> kernels;
  std::shared_ptr<const std::vector<uint8_t>> bytes;
  uint32_t last_used = 0;  // Set by the store.
};

// kInvalidArgument if a file cannot hold the record: no bytes, an unknown kind, or a text longer
// than its limit.
Status CheckProgram(const ProgramRecord& program);

struct TuningEntry {
  DeviceIdentity device;
  std::string key;
  std::string value;
  uint32_t last_used = 0;
};

// kInvalidArgument without a key, or for a text above its limit; the value may be any bytes.
Status CheckTuning(const TuningEntry& entry);

struct CacheContents {
  uint32_t generation = 0;
  std::vector<ProgramRecord> programs;
  std::vector<TuningEntry> tuning;

  // Adds new entries. An entry with the same key is replaced. A stale one is removed: the same
  // source for the same hardware under another version of driver, device or platform. Returns the
  // number of stale entries that were removed.
  size_t Merge(const std::vector<ProgramRecord>& new_programs,
               const std::vector<TuningEntry>& new_tuning);
  // Adds what `newer` holds, in the place of entries with the same key and device; nothing counts
  // as stale.
  void Union(const CacheContents& newer);
  // Drops the entries longest unused until the file fits `limit` bytes; returns how many.
  size_t EvictTo(uint64_t limit);
  // Puts programs in the order of their keys, and tuning records in that of key and device. So a
  // file does not tell in which order it was filled.
  void Sort();
};

// Numbers the devices of a file in the order in which they are met.
class DeviceTable {
 public:
  uint32_t IndexOf(const DeviceIdentity& device);
  bool Holds(const DeviceIdentity& device) const;
  const std::vector<DeviceIdentity>& devices() const { return devices_; }
  // All of them, as a file holds them.
  std::string Encode() const;

 private:
  std::vector<DeviceIdentity> devices_;
  NameMap<uint32_t> numbers_;  // By the device as it is encoded.
};

// The devices of all programs, then those that only tuning records name.
DeviceTable CollectDevices(const CacheContents& contents);

// The next multiple of kSectionAlignment.
uint64_t AlignSection(uint64_t offset);

}  // namespace mace

#endif  // MACE_CACHE_CONTENTS_H_
