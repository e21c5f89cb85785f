// The operations of the `mace cache` command on whole files: merge, prune, sign, extract.
//
// All but extract replace the output atomically, under its lock. Thread contract: thread-safe,
// between processes too.
#ifndef MACE_CACHE_MAINTAIN_H_
#define MACE_CACHE_MAINTAIN_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "mace/base/status.h"
#include "mace/cache/rewrite.h"

namespace mace {

// Adds the contents of `inputs` to `output`, later ones before earlier where a key is in two;
// `output` may be new. A bad input, or a damaged section in one, is an error, and nothing is
// written.
Status MergeCacheFiles(const std::vector<std::string>& inputs, const std::string& output,
                       const RewriteOptions& options = {});

// Makes one writing of those that the file has had since it was of `generation` (0: there was no
// file): what they wrote or used counts as written by the next one. So the file does not tell in
// how many steps, and in which order, it was filled. Leaves a file alone that was written once.
Status JoinWritings(const std::string& path, uint32_t generation,
                    const RewriteOptions& options = {});

struct PruneOptions {
  uint64_t size_limit = UINT64_MAX;  // Bytes of the file; the longest unused go first.
  // Entries last used more than so many writings ago go.
  uint32_t largest_age = UINT32_MAX;
};

// Drops damaged programs, and what the options say. Returns how many programs and tuning records
// went.
StatusOr<size_t> PruneCacheFile(const std::string& path, const PruneOptions& prune,
                                const RewriteOptions& options = {});

// Writes the file again with a signature. A damaged file is an error: what is signed should be
// whole. With `generation` the file gets that one, which must be above the generation it has; 0:
// the next one.
Status SignCacheFile(const std::string& path, const SigningKey& key, uint32_t generation = 0);

// Writes the section of the program whose key begins with the hexadecimal digits `key_prefix` to
// `output`, piece by piece, once its hash was found right. kNotFound when none does,
// kInvalidArgument when several do.
Status ExtractProgram(const std::string& path, const std::string& key_prefix,
                      const std::string& output);

}  // namespace mace

#endif  // MACE_CACHE_MAINTAIN_H_
