// Changing a cache file: lock, read what is there now, edit, replace. The one way in which a cache
// file is written.
//
// Errors: kIoError where folder, lock or disk refuse, kInvalidArgument for a path that is no file
// to replace, kFailedPrecondition for a file of somebody else's (file_owner.h), a signed one that
// would lose its signature, and a lock that others could hold; the old file then stands. Thread
// contract: thread-safe, between processes too.
#ifndef MACE_CACHE_REWRITE_H_
#define MACE_CACHE_REWRITE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "mace/base/status.h"
#include "mace/cache/cache_file.h"
#include "mace/cache/contents.h"
#include "mace/cache/encoder.h"
#include "mace/cache/signing.h"

namespace mace {

struct RewriteOptions {
  CacheTrust trust;
  int lock_wait_milliseconds = 1000;  // For another process that writes the file.
  std::optional<SigningKey> signing_key;
  // Without a key a signed file is left as it is, unless this says that its signature may go.
  bool drop_signature = false;
};

// Changes the contents of a cache file. `present` says why the file at `path` cannot be used, if it
// cannot; `contents` are its contents (empty in that case) in a generation of their own. A Status
// that is not OK leaves the file as it is.
using CacheEdit = std::function<Status(const Status& present, CacheContents* contents)>;

// kUnsupported where a signed file is required and there is no key to sign with.
Status CheckKeyToSign(const std::string& name, const RewriteOptions& options);

// A cache that is about to be rewritten.
struct PresentCache {
  std::string name;
  StatusOr<std::shared_ptr<const CacheFile>> trusted;  // As the options trust it.
  StatusOr<std::shared_ptr<const CacheFile>> whoever;  // Whoever wrote it.
};

// Edits what is there, and encodes the result; `contents` holds it meanwhile, and must outlive what
// is returned. kFailedPrecondition for a signed cache that would lose its signature.
StatusOr<EncodedCacheFile> EditCache(const PresentCache& present, const RewriteOptions& options,
                                     const CacheEdit& edit, CacheContents* contents);

// Waits for the lock as RewriteCacheFile does, and gives it back: for whoever has long work to do
// before a rewrite, which would be in vain. What is wrong is what RewriteCacheFile would say.
Status CheckCacheFileWritable(const std::string& path, const RewriteOptions& options);

// Returns the file just written. The file belongs to this user with mode 0600, and a link at `path`
// is replaced. Only with trust.allow_untrusted does it keep the owner and mode of the file before
// it.
StatusOr<std::shared_ptr<const CacheFile>> RewriteCacheFile(const std::string& path,
                                                            const RewriteOptions& options,
                                                            const CacheEdit& edit);

}  // namespace mace

#endif  // MACE_CACHE_REWRITE_H_
