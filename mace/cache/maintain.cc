#include "mace/cache/maintain.h"

#include <algorithm>
#include <utility>

#include "mace/base/atomic_file.h"
#include "mace/base/hash.h"
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

// Moves the contents on to a generation, with what counts from it.
Status RaiseGeneration(const std::string& path, uint32_t generation, CacheContents* contents) {
  if (generation < contents->generation) {
    return InvalidArgument(path + ": is of generation " + std::to_string(contents->generation - 1) +
                           ": expected a number above it to sign the file with, found " +
                           std::to_string(generation));
  }
  const uint32_t now = contents->generation, step = generation - now;
  for (ProgramRecord& program : contents->programs) {
    program.last_used = std::min(program.last_used, now) + step;
  }
  for (TuningEntry& entry : contents->tuning)
    entry.last_used = std::min(entry.last_used, now) + step;
  contents->generation = generation;
  return Status();
}

// Hands the section on piece by piece; kCorruption at the end when the bytes have not its hash.
Status PassSection(const CacheFile& cache, const KernelEntry& entry, const FileSink& sink) {
  constexpr uint64_t kPieceSize = uint64_t{1} << 20;
  Sha256Hasher hasher;
  std::vector<uint8_t> piece;
  for (uint64_t done = 0; done < entry.section_size; done += piece.size()) {
    piece.resize(static_cast<size_t>(std::min(entry.section_size - done, kPieceSize)));
    MACE_RETURN_IF_ERROR(cache.file().ReadAt(entry.section_offset + done, piece));
    hasher.Update(piece);
    MACE_RETURN_IF_ERROR(sink(piece));
  }
  if (hasher.Finish() == entry.section_digest) return Status();
  return Corruption(cache.file().path() + ": hash mismatch in the section at offset " +
                    std::to_string(entry.section_offset));
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

Status JoinWritings(const std::string& path, uint32_t generation, const RewriteOptions& options) {
  MACE_ASSIGN_OR_RETURN(const auto now, CacheFile::Open(path, options.trust));
  const uint32_t joined = generation + 1;
  if (now->index().header.generation <= joined) return Status();
  const auto edit = [&](const Status& present, CacheContents* contents) {
    MACE_RETURN_IF_ERROR(present);
    const auto join = [joined](auto* entries) {
      for (auto& entry : *entries) entry.last_used = std::min(entry.last_used, joined);
    };
    join(&contents->programs);
    join(&contents->tuning);
    contents->generation = joined;
    return Status();
  };
  return RewriteCacheFile(path, options, edit).status();
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

Status SignCacheFile(const std::string& path, const SigningKey& key, uint32_t generation) {
  MACE_RETURN_IF_ERROR(VerifyCacheFile(path));
  RewriteOptions options;
  options.signing_key = key;
  const auto edit = [&](const Status& present, CacheContents* contents) {
    MACE_RETURN_IF_ERROR(present);
    return generation == 0 ? Status() : RaiseGeneration(path, generation, contents);
  };
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
  MACE_RETURN_IF_ERROR(PassSection(*cache, *found, [](Bytes) { return Status(); }));
  // Hashed again on its way: another process may change the file meanwhile.
  return WriteFileAtomic(
      output, [&](const FileSink& sink) { return PassSection(*cache, *found, sink); }, 0600);
}

}  // namespace mace
