#include "mace/cache/rewrite.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <limits>
#include <thread>

#include "mace/base/atomic_file.h"
#include "mace/base/file_in_folder.h"
#include "mace/base/file_lock.h"
#include "mace/base/files.h"
#include "mace/base/hash.h"
#include "mace/cache/encoder.h"
#include "mace/cache/file_owner.h"

namespace mace {
namespace {

// A compiled program is code: nobody else's to change or to read.
constexpr uint32_t kCacheFileMode = 0600;

// The threads of one process write one after the other, so that they do not use up the time that
// the process may wait for other processes. A forked child does not wait for its parent's threads.
class RewriteTurn {
 public:
  RewriteTurn() {
    const pid_t self = getpid();
    for (;;) {
      pid_t holder = 0;
      if (Holder().compare_exchange_strong(holder, self)) return;
      // In a child that was forked during a rewrite, the holder is still the parent.
      if (holder != self && Holder().compare_exchange_strong(holder, self)) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  ~RewriteTurn() { Holder() = 0; }
  RewriteTurn(const RewriteTurn&) = delete;
  RewriteTurn& operator=(const RewriteTurn&) = delete;

 private:
  static std::atomic<pid_t>& Holder() {
    static std::atomic<pid_t> holder{0};
    return holder;
  }
};

// Who besides this user may hold the lock of a shared file: those who may write the file.
LockSharing SharingOf(const std::optional<FileOwnership>& keep) {
  LockSharing sharing;
  if (!keep.has_value()) return sharing;
  constexpr uint32_t kGroupOrOtherWrite = 022;
  const uint32_t writers = keep->mode & kGroupOrOtherWrite;
  sharing.mode |= writers | writers << 1;  // To read, too.
  sharing.owner = keep->user;
  return sharing;
}

// Refuses to take the signature from a file.
Status CheckSignatureStays(const PresentCache& present, const RewriteOptions& options) {
  if (options.signing_key || options.drop_signature) return Status();
  const auto& file = present.trusted.ok() ? present.trusted : present.whoever;
  if (!file.ok() || !(*file)->index().header.is_signed()) return Status();
  const PublicKey& key = (*file)->index().trailer.public_key;
  return FailedPrecondition(present.name + ": is signed with " +
                            ToHex(Bytes(key.data(), key.size())) +
                            ", so it is not replaced by a file without a signature: name another "
                            "file, or use `mace cache` with --key or --unsigned");
}

// The next generation of a file's contents. Counting starts at 0 again before the number would
// wrap.
void Advance(CacheContents* contents) {
  if (contents->generation == std::numeric_limits<uint32_t>::max()) {
    contents->generation = 0;
    for (ProgramRecord& program : contents->programs) program.last_used = 0;
    for (TuningEntry& entry : contents->tuning) entry.last_used = 0;
  }
  ++contents->generation;
}

// A file whose lock is held. Its folder is resolved once: were it to go and come back between two
// calls, the file could be taken for a missing one and what it holds be lost.
struct LockedFile {
  OpenFolder folder;
  FileInFolder file;  // In `folder`.
  FileLock lock;
  std::optional<FileOwnership> keep;  // Owner and mode of the old file, where they are kept.
};

// REQUIRES: the thread has its RewriteTurn.
StatusOr<LockedFile> LockForWriting(const std::string& path, const RewriteOptions& options) {
  MACE_RETURN_IF_ERROR(CheckKeyToSign(path, options));
  // Before the lock: nothing is made beside a file of somebody else's.
  const bool allow_shared = options.trust.allow_untrusted;
  std::optional<FileOwnership> keep;
  StatusOr<OpenFolder> folder = OpenFolder::Open(DirectoryName(path));
  // A missing folder is trouble with writing, not a file that was looked for.
  if (!folder.ok()) return IoError(path + ": its folder: " + folder.status().message());
  FileInFolder file = folder->File(path);
  MACE_RETURN_IF_ERROR(CheckReplaceable(file, allow_shared, &keep).WithPrefix(path));
  MACE_ASSIGN_OR_RETURN(
      FileLock lock,
      FileLock::Acquire(file.WithSuffix(".lock"), options.lock_wait_milliseconds, SharingOf(keep)));
  MACE_RETURN_IF_ERROR(CheckReplaceable(file, allow_shared, &keep).WithPrefix(path));
  return LockedFile{*std::move(folder), std::move(file), std::move(lock), std::move(keep)};
}

}  // namespace

Status CheckKeyToSign(const std::string& name, const RewriteOptions& options) {
  if (!options.trust.public_key || options.signing_key) return Status();
  return Unsupported(name + ": not written: a signed file is required and no key to sign is set");
}

StatusOr<EncodedCacheFile> EditCache(const PresentCache& present, const RewriteOptions& options,
                                     const CacheEdit& edit, CacheContents* contents) {
  MACE_RETURN_IF_ERROR(CheckSignatureStays(present, options));
  if (present.trusted.ok()) {
    size_t damaged = 0;  // Left out of what is written; a lookup of theirs has said so.
    *contents = (*present.trusted)->ReadContents(&damaged);
  }
  // What is written must not be refused as older than it has to be.
  if (options.trust.min_generation > 0) {
    contents->generation = std::max(contents->generation, options.trust.min_generation - 1);
  }
  Advance(contents);
  MACE_RETURN_IF_ERROR(edit(present.trusted.status(), contents));
  contents->Sort();
  return EncodedCacheFile::Encode(*contents, options.signing_key);
}

Status CheckCacheFileWritable(const std::string& path, const RewriteOptions& options) {
  const RewriteTurn turn;
  return LockForWriting(path, options).status();
}

StatusOr<std::shared_ptr<const CacheFile>> RewriteCacheFile(const std::string& path,
                                                            const RewriteOptions& options,
                                                            const CacheEdit& edit) {
  const RewriteTurn turn;
  MACE_ASSIGN_OR_RETURN(const LockedFile locked, LockForWriting(path, options));
  const FileInFolder& file = locked.file;
  const std::optional<FileOwnership>& keep = locked.keep;
  RemoveStaleTemporaries(file);

  CacheTrust anyone;
  anyone.allow_untrusted = true;
  CacheContents contents;
  MACE_ASSIGN_OR_RETURN(
      const EncodedCacheFile encoded,
      EditCache({path, CacheFile::Open(file, options.trust), CacheFile::Open(file, anyone)},
                options, edit, &contents));
  MACE_RETURN_IF_ERROR(keep.has_value() ? WriteSharedFileAtomic(file, encoded.Pieces(), *keep)
                                        : WriteFileAtomic(file, encoded.Pieces(), kCacheFileMode));
  // Still under the lock, so that this is the file just written.
  return CacheFile::Open(file, options.trust);
}

}  // namespace mace
