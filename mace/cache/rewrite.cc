#include "mace/cache/rewrite.h"

#include <sys/stat.h>

#include <limits>

#include "mace/base/atomic_file.h"
#include "mace/base/file_lock.h"
#include "mace/cache/encoder.h"

namespace mace {
namespace {

constexpr uint32_t kCacheFileMode =
    0600;  // A compiled program is code: nobody else's to change or to read.

// A path may lead to a device or a pipe by mistake; those must not be replaced by a file.
Status CheckReplaceable(const std::string& path) {
  struct stat info = {};
  if (stat(path.c_str(), &info) != 0 || S_ISREG(info.st_mode)) return Status::Ok();
  return InvalidArgument(path + ": is not a regular file, so it is not replaced");
}

// The next generation of a file's contents. Counting starts anew before the number would wrap.
void Advance(CacheContents* contents) {
  if (contents->generation == std::numeric_limits<uint32_t>::max()) {
    contents->generation = 0;
    for (ProgramRecord& program : contents->programs) program.last_used = 0;
    for (TuningEntry& entry : contents->tuning) entry.last_used = 0;
  }
  ++contents->generation;
}

}  // namespace

StatusOr<std::shared_ptr<const CacheFile>> RewriteCacheFile(const std::string& path,
                                                            const RewriteOptions& options,
                                                            const CacheEdit& edit) {
  if (options.trust.public_key && !options.signing_key) {
    return Unsupported(path + ": not written: a signed file is required and no key to sign is set");
  }
  MACE_RETURN_IF_ERROR(CheckReplaceable(path));
  MACE_ASSIGN_OR_RETURN(const FileLock lock,
                        FileLock::Acquire(path + ".lock", options.lock_wait_milliseconds));
  RemoveStaleTemporaries(path);

  CacheContents contents;
  StatusOr<std::shared_ptr<const CacheFile>> present = CacheFile::Open(path, options.trust);
  if (present.ok()) {
    size_t damaged = 0;  // Left out of what is written; a lookup of theirs has said so.
    contents = (*present)->ReadContents(&damaged);
  }
  Advance(&contents);
  MACE_RETURN_IF_ERROR(edit(present.status(), &contents));
  MACE_ASSIGN_OR_RETURN(const EncodedCacheFile encoded,
                        EncodedCacheFile::Encode(contents, options.signing_key));
  MACE_RETURN_IF_ERROR(WriteFileAtomic(path, encoded.Pieces(), kCacheFileMode));
  // Still under the lock, so that this is the file just written.
  return CacheFile::Open(path, options.trust);
}

}  // namespace mace
