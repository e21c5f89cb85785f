// An open cache file: judged, its index checked, its sections read one by one when asked for.
//
// Errors: any reason not to use the file, as one line that begins with its path. Thread contract:
// thread-safe; the object is immutable and reads with pread.
#ifndef MACE_CACHE_CACHE_FILE_H_
#define MACE_CACHE_CACHE_FILE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mace/base/file_in_folder.h"
#include "mace/base/files.h"
#include "mace/base/keyed_hash.h"
#include "mace/base/status.h"
#include "mace/cache/contents.h"
#include "mace/cache/index.h"

namespace mace {

// Which users' compiled code may run.
struct CacheTrust {
  // Accepts a file of any owner, even one that anyone may write. It is meant for files that were
  // checked by other means.
  bool allow_untrusted = false;
  // With a key, a file without its signature is refused.
  std::optional<PublicKey> public_key;
  // A file whose generation is below this one is refused: an older file, put in the place of a
  // newer one. The generation is part of what is signed; without a key it proves nothing.
  uint32_t min_generation = 0;
};

class CacheFile {
 public:
  // Reads headers, table, tuning records and trailer, no section.
  static StatusOr<std::shared_ptr<const CacheFile>> Open(const FileInFolder& file,
                                                         const CacheTrust& trust);
  static StatusOr<std::shared_ptr<const CacheFile>> OpenFile(std::unique_ptr<RandomAccessFile> file,
                                                             const CacheTrust& trust);
  // The content of a file in memory that `owner` keeps; it has no owner to be distrusted. `name`
  // stands in messages.
  static StatusOr<std::shared_ptr<const CacheFile>> OpenMemory(const std::string& name, Bytes bytes,
                                                               std::shared_ptr<const void> owner,
                                                               const CacheTrust& trust);

  const CacheIndex& index() const { return index_; }
  // REQUIRES: it is not in memory.
  const RandomAccessFile& file() const { return *file_; }
  uint64_t size() const { return file_ == nullptr ? memory_.size() : file_->size(); }
  // Fills all of `out`; kCorruption where the file ends before.
  Status ReadAt(uint64_t offset, MutableBytes out) const;

  // The bytes of an entry's section; kCorruption when they have not its hash.
  StatusOr<std::vector<uint8_t>> ReadSection(const KernelEntry& entry) const;
  // The names and launch shapes of a program. REQUIRES: `kernels` is a value of index().programs.
  std::vector<CachedKernel> KernelsOf(const std::vector<uint32_t>& kernels) const;
  // The value of a tuning record, or null.
  const std::string* FindTuning(const DeviceIdentity& device, const std::string& key) const;
  // Everything, in the table's order; programs whose section is damaged are left out and counted.
  CacheContents ReadContents(size_t* damaged) const;

 private:
  CacheFile() = default;
  // Loads, with the name before messages that do not begin with it.
  static StatusOr<std::shared_ptr<const CacheFile>> Judge(std::shared_ptr<CacheFile> file,
                                                          const CacheTrust& trust);
  Status Load(const CacheTrust& trust);

  std::string name_;
  std::unique_ptr<RandomAccessFile> file_;  // Null: in memory.
  Bytes memory_;
  std::shared_ptr<const void> owner_;
  CacheIndex index_;
  NameMap<uint32_t> devices_;  // The device as it is encoded → its first index.
  NameMap<uint32_t> tuning_;   // TuningKey() → index.
};

}  // namespace mace

#endif  // MACE_CACHE_CACHE_FILE_H_
