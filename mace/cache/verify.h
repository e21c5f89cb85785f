// Looks at every byte of a cache file, which opening does not.
//
// Thread contract: thread-safe.
#ifndef MACE_CACHE_VERIFY_H_
#define MACE_CACHE_VERIFY_H_

#include <optional>
#include <string>

#include "mace/base/status.h"
#include "mace/cache/format.h"

namespace mace {

// OK when the file is whole: all that opening checks, every section's hash, the digest over the
// file, and, of a signed file, that the signature fits the key in it. With `key`, the file must be
// signed with that one. Owner and permissions are not judged. The message names the first thing
// found wrong; a file of any size is read in small pieces.
Status VerifyCacheFile(const std::string& path, const std::optional<PublicKey>& key = std::nullopt);

}  // namespace mace

#endif  // MACE_CACHE_VERIFY_H_
