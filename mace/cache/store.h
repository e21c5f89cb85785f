// The cache that an engine, a loader layer or a tool uses: one file behind a lock, plus the
// additions of this process. It may also be an open file or bytes in memory (place.h).
//
// A bad file counts as a miss, never as an error. The store always opens, says why the file is not
// used, and later writes a good one. Only a file of another owner is left unchanged (file_owner.h).
// Opening reads headers, table and tuning records. A section is read, checked against its hash and
// returned when its program is asked for. Only Flush writes and takes a lock.
//
// Thread contract: thread-safe. Lookups do not wait for a Flush on another thread.
#ifndef MACE_CACHE_STORE_H_
#define MACE_CACHE_STORE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "mace/base/keyed_hash.h"
#include "mace/base/status.h"
#include "mace/cache/cache_file.h"
#include "mace/cache/contents.h"
#include "mace/cache/crash_journal.h"
#include "mace/cache/place.h"
#include "mace/cache/signing.h"

namespace mace {

struct CacheStoreOptions {
  CacheTrust trust;
  // Flush then does nothing, and what is added lives as long as the store: for a file shipped with
  // an app.
  bool read_only = false;
  // Bytes of the file; the entries longest unused go first. A smaller limit costs compiles, a
  // larger one disk.
  uint64_t size_limit = uint64_t{256} << 20;
  // How long Flush waits for another process that writes the file; no longer than this process may
  // wait for all locks together (mace/base/file_lock.h).
  int lock_wait_milliseconds = 1000;
  // Signs what is written. With a trusted key and without this one nothing is written: it would not
  // be trusted.
  std::optional<SigningKey> signing_key;
};

enum class CacheFileStatus {
  kCold,      // There is no file yet.
  kWarm,      // The file is in use.
  kRejected,  // There is one, and reason() says why it is not used.
};

struct CacheCounters {
  uint64_t hits = 0;           // FindProgram gave a program.
  uint64_t misses = 0;         // It gave none, whatever the reason.
  uint64_t damaged = 0;        // Misses whose section had another hash or could not be read.
  uint64_t loaded_bytes = 0;   // Bytes of sections that were hits.
  uint64_t written_bytes = 0;  // Bytes of files written.
  uint64_t stale = 0;          // Entries of an old driver that a new one replaced.
  uint64_t evicted = 0;        // Entries dropped for the size limit.
};

struct CachedProgram {
  std::vector<uint8_t> bytes;  // The hash of the bytes was checked.
  SectionKind kind = SectionKind::kDriverBinary;
  std::vector<CachedKernel> kernels;
};

class CacheStore {
 public:
  // Never fails; see status() and reason(). A relative path means the current folder of this
  // moment. Whoever opens a store tells its reason(), if that is to be told.
  static std::unique_ptr<CacheStore> Open(const std::string& path,
                                          const CacheStoreOptions& options = {});
  static std::unique_ptr<CacheStore> Open(CachePlace place, const CacheStoreOptions& options = {});

  // The status of the file as it was when the store was opened.
  CacheFileStatus status() const { return status_; }
  // One line that begins with the path, for the log; empty when warm.
  const std::string& reason() const { return reason_; }
  // Absolute; for a place that is no path what messages call it.
  const std::string& path() const { return path_; }
  // Whether others find the file by its path.
  bool is_path() const { return place_.is_path(); }
  bool is_memory() const { return place_.is_memory(); }
  const CacheStoreOptions& options() const { return options_; }

  // kNotFound when the program is not there, kCorruption or kIoError when its section cannot be
  // used: a miss all three.
  StatusOr<CachedProgram> FindProgram(const Sha256Digest& key);
  // Whether it is in the table or was added, without reading it; counts nothing.
  bool HasProgram(const Sha256Digest& key) const;
  // Found from now on, written by the next Flush. Takes the place of a program with the same key.
  // kInvalidArgument when the record cannot stand in a file.
  Status AddProgram(ProgramRecord program);

  // A measurement on a device: `key` is the signature of what was tried (the engine's text, not
  // empty), the value is the choice in the engine's own bytes. A record of another version of the
  // device's driver is not found, and is removed when one of this version is written.
  std::optional<std::string> FindTuning(const DeviceIdentity& device, const std::string& key);
  // The values of the tuning records with this key, with the device of each; of a device that has
  // one in the file and one that was added since, only the added one.
  struct DeviceTuning {
    DeviceIdentity device;
    std::string value;
  };
  std::vector<DeviceTuning> FindTuningOfAllDevices(const std::string& key) const;
  // Adds a measurement as AddProgram adds a program; a record that the file holds already leaves
  // nothing to be written. kInvalidArgument for an empty key, and for a key or value above
  // kLargestText bytes.
  Status AddTuning(const DeviceIdentity& device, const std::string& key, const std::string& value);

  // Whether a tuning record, of any device, satisfies the predicate. The predicate must not call
  // the store.
  bool AnyTuning(
      const std::function<bool(const std::string& key, const std::string& value)>& predicate) const;

  // Whether something was added that no Flush has written.
  bool dirty() const;
  // Whether something was added, and all of it are tuning records that satisfy the predicate.
  bool HasAddedOnly(
      const std::function<bool(const std::string& key, const std::string& value)>& predicate) const;
  // The bytes of programs that no Flush has written: the store holds them in memory until then.
  size_t unwritten_bytes() const;
  // Writes what was added: locks FILE.lock, merges with the file that is there now, replaces it
  // with mode 0600. Does nothing when nothing was added. After a failure all that was added is
  // still held and found, and the old file stands.
  Status Flush();
  // The bytes of the whole cache as the last Flush, or else Open, left it; none where there is
  // nothing. kCorruption and kIoError where a file cannot be read any more.
  StatusOr<std::vector<uint8_t>> ReadAll() const;
  // Whether Flush could write now; waits for another process as Flush does. For whoever has long
  // work to do for what is added next. OK for a read-only store.
  Status CheckWritable();
  // Flush without any wait: where another process or thread is writing the file, the additions stay
  // held, and the Status says so.
  Status TryFlush();

  // Whether this failure of the store's is news, neither its reason() nor asked about before: for
  // whoever logs failures that may come again and again.
  bool IsNews(const Status& failure);

  CacheCounters counters() const;

  // Where the first uses of programs are announced. Null where nothing may be written beside the
  // cache, or what is learned could not be kept: no path, read-only, or a signed file without a key
  // to sign with.
  CrashJournal* journal() const { return journal_.get(); }

 private:
  CacheStore(CachePlace place, const CacheStoreOptions& options);

  struct Additions {
    std::unordered_map<Sha256Digest, std::shared_ptr<const ProgramRecord>, KeyedHash> programs;
    NameMap<std::shared_ptr<const TuningEntry>> tuning;
    // The entries that this process found in the file; they are kept longest when entries must go.
    std::unordered_set<Sha256Digest, KeyedHash> used_programs;
    NameSet used_tuning;
  };

  // REQUIRES: flush_mutex_ is held.
  Status FlushLocked(int lock_wait_milliseconds);
  // Merges the additions and uses of this process into the contents of the present file.
  void MergeAdditions(const Additions& additions, CacheContents* contents,
                      CacheCounters* counters) const;
  // After a write: removes from `added_` the entries of `written` that no newer addition replaced.
  void RemoveWritten(const Additions& written, std::shared_ptr<const CacheFile> file,
                     const CacheCounters& counters);

  CachePlace place_;  // Only changed by a flush.
  const std::string path_;
  const CacheStoreOptions options_;
  // status_, reason_ and journal_ are set before the store is shared.
  CacheFileStatus status_ = CacheFileStatus::kCold;
  std::string reason_;
  std::unique_ptr<CrashJournal> journal_;

  std::mutex flush_mutex_;                 // Held for a whole Flush; taken before mutex_.
  mutable std::mutex mutex_;               // Guards what follows; never held while a file is read.
  std::shared_ptr<const CacheFile> file_;  // Null unless there is one in use.
  Additions added_;
  CacheCounters counters_;
  NameSet told_;  // Messages of failures.
};

}  // namespace mace

#endif  // MACE_CACHE_STORE_H_
