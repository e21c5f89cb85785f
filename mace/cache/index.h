// All that opening a cache file reads and believes: headers, devices, kernel table, tuning records,
// trailer. Pure bytes.
//
// Errors: kCorruption or kUnsupported with one line why. Thread contract: immutable once decoded,
// hence thread-safe.
#ifndef MACE_CACHE_INDEX_H_
#define MACE_CACHE_INDEX_H_

#include <string>
#include <unordered_map>
#include <vector>

#include "mace/base/keyed_hash.h"
#include "mace/cache/format.h"

namespace mace {

struct CacheIndex {
  CacheFileHeader header;
  std::vector<DeviceIdentity> devices;
  std::vector<KernelEntry> kernels;
  std::vector<TuningRecord> tuning;
  CacheTrailer trailer;
  // Program key → indices into `kernels`, in the table's order, at least one.
  std::unordered_map<Sha256Digest, std::vector<uint32_t>, KeyedHash> programs;

  // Decodes and checks everything but the sections and the signature. `head` is [0, header_size)
  // and `tail` is [table_offset, file_size) of the file. REQUIRES: `checked` passed Validate.
  Status DecodeFrom(const CacheFileHeader& checked, Bytes head, Bytes tail);
};

// The digest that vouches for an index: over the headers, then table and tuning records.
Sha256Digest IndexDigest(Bytes head, Bytes table_and_tuning);

// The entries that stand for the distinct sections, one each, by offset.
std::vector<const KernelEntry*> DistinctSections(const std::vector<KernelEntry>& kernels);

}  // namespace mace

#endif  // MACE_CACHE_INDEX_H_
