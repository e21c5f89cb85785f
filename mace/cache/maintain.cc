#include "mace/cache/maintain.h"

#include <algorithm>
#include <utility>

#include "mace/base/atomic_file.h"
#include "mace/base/strings.h"
#include "mace/cache/verify.h"

namespace mace {
namespace {

CacheTrust TrustAnyone() {
  CacheTrust trust;
  trust.allow_untrusted = true;
  return trust;
}

template <typename Entry>
void DropOlderThan(uint32_t oldest, std::vector<Entry>* entries) {
  const auto too_old = [oldest](const Entry& entry) { return entry.last_used < oldest; };
  entries->erase(std::remove_if(entries->begin(), entries->end(), too_old), entries->end());
}

}  // namespace

Status MergeCacheFiles(const std::vector<std::string>& inputs, const std::string& output,
                       const RewriteOptions& options) {
  std::vector<CacheContents> added;
  for (const std::string& input : inputs) {
    MACE_ASSIGN_OR_RETURN(const auto cache, CacheFile::Open(input, options.trust));
    size_t damaged = 0;
    added.push_back(cache->ReadContents(&damaged));
    if (damaged > 0) {
      return Corruption(input + ": " + std::to_string(damaged) + " damaged programs");
    }
  }
  const auto edit = [&added](const Status& present, CacheContents* contents) {
    // Merging into a file that cannot be read would lose what it holds.
    if (!present.ok() && present.code() != StatusCode::kNotFound) return present;
    for (CacheContents& input : added) {
      for (ProgramRecord& program : input.programs) program.last_used = contents->generation;
      for (TuningEntry& entry : input.tuning) entry.last_used = contents->generation;
      // Several drivers in one file are the purpose here, so only the same key replaces.
      contents->Union(input);
    }
    return Status::Ok();
  };
  return RewriteCacheFile(output, options, edit).status();
}

StatusOr<size_t> PruneCacheFile(const std::string& path, const PruneOptions& prune,
                                const RewriteOptions& options) {
  MACE_ASSIGN_OR_RETURN(const auto before, CacheFile::Open(path, options.trust));
  const size_t count = before->index().programs.size() + before->index().tuning.size();
  size_t left = 0;
  const auto edit = [&](const Status& present, CacheContents* contents) {
    if (!present.ok()) return present;
    const uint32_t oldest =
        contents->generation > prune.largest_age ? contents->generation - prune.largest_age : 0;
    DropOlderThan(oldest, &contents->programs);
    DropOlderThan(oldest, &contents->tuning);
    contents->EvictTo(prune.size_limit);
    left = contents->programs.size() + contents->tuning.size();
    return Status::Ok();
  };
  MACE_RETURN_IF_ERROR(RewriteCacheFile(path, options, edit).status());
  return count > left ? count - left : size_t{0};
}

Status SignCacheFile(const std::string& path, const SigningKey& key) {
  MACE_RETURN_IF_ERROR(VerifyCacheFile(path));
  RewriteOptions options;
  options.signing_key = key;
  const auto edit = [](const Status& present, CacheContents*) { return present; };
  return RewriteCacheFile(path, options, edit).status();
}

Status ExtractProgram(const std::string& path, const std::string& key_prefix,
                      const std::string& output) {
  MACE_ASSIGN_OR_RETURN(const auto cache, CacheFile::Open(path, TrustAnyone()));
  const KernelEntry* found = nullptr;
  for (const auto& [key, kernels] : cache->index().programs) {
    if (!StartsWith(ToHex(DigestBytes(key)), key_prefix)) continue;
    if (found != nullptr) {
      return InvalidArgument(path + ": several programs have keys that begin with " +
                             Printable(key_prefix));
    }
    found = &cache->index().kernels[kernels[0]];
  }
  if (found == nullptr) {
    return NotFound(path + ": no program has a key that begins with " + Printable(key_prefix));
  }
  MACE_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, cache->ReadSection(*found));
  return WriteFileAtomic(output, Bytes(bytes), 0600);
}

}  // namespace mace
