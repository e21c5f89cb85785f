// Reads a cache file of unknown bytes in every variant that a reader can, and checks the rules that
// must hold whatever the bytes are. For tests and the fuzzer.
#ifndef MACE_TESTING_CACHE_DECODE_ALL_H_
#define MACE_TESTING_CACHE_DECODE_ALL_H_

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>

#include "mace/base/coding.h"
#include "mace/cache/encoder.h"
#include "mace/cache/hexdump.h"
#include "mace/cache/info.h"
#include "mace/cache/store.h"
#include "mace/cache/verify.h"

namespace mace {

// A file in memory that has a path: as fast as damage by the ten thousand needs it.
class MemoryFile {
 public:
  MemoryFile() : fd_(memfd_create("cache", MFD_CLOEXEC)) { fchmod(fd_, 0600); }
  ~MemoryFile() { close(fd_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }
  bool Put(Bytes bytes) { return ftruncate(fd_, 0) == 0 && PutAt(0, bytes) && Cut(bytes.size()); }
  bool PutAt(size_t offset, Bytes bytes) {
    return pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset)) ==
           static_cast<ssize_t>(bytes.size());
  }
  bool Cut(size_t size) { return ftruncate(fd_, static_cast<off_t>(size)) == 0; }

 private:
  int fd_;
};

// Makes damage pass the first checks, so that it reaches those behind them: the header's file size
// is the true one, and the index digest fits, where header and parts leave room for it.
inline void FixSizeAndDigest(std::string* file) {
  ByteReader reader(AsBytes(*file));
  CacheFileHeader header;
  if (!header.DecodeFrom(&reader).ok()) return;
  std::string size;
  PutFixed64(&size, file->size());
  constexpr size_t kFileSizeOffset = 0x20;
  file->replace(kFileSizeOffset, size.size(), size);
  header.file_size = file->size();
  if (!header.Validate(file->size()).ok()) return;
  const size_t entries = size_t{header.table_size} + header.tuning_size;
  const Sha256Digest digest =
      IndexDigest(Bytes(AsBytes(*file).data(), header.header_size),
                  Bytes(AsBytes(*file).data() + header.table_offset, entries));
  std::copy(digest.begin(), digest.end(), file->begin() + header.table_offset + entries);
}

inline std::string CheckRefusal(const std::string& path, const Status& status) {
  if (status.message().empty()) return "refused without a reason";
  if (status.message().find('\n') != std::string::npos) return "more than one line of reason";
  if (VerifyCacheFile(path).ok()) return "verify calls good what opening refuses";
  if (CacheStore::Open(path)->status() == CacheFileStatus::kWarm) return "the store uses it";
  return "";
}

inline std::string CheckSections(const CacheFile& cache, CacheStore* store) {
  const CacheIndex& index = cache.index();
  for (const auto& [key, kernels] : index.programs) {
    const KernelEntry& entry = index.kernels[kernels[0]];
    const StatusOr<std::vector<uint8_t>> bytes = cache.ReadSection(entry);
    if (bytes.ok() && Sha256(*bytes) != entry.section_digest) return "a section of another hash";
    const StatusOr<CachedProgram> found = store->FindProgram(key);
    if (found.ok() && Sha256(found->bytes) != entry.section_digest) return "a wrong program";
    if (found.ok() && !bytes.ok()) return "the store finds what cannot be read";
    if (found.ok() && !IsKnownKind(found->kind)) return "a program of unknown kind";
  }
  return "";
}

// "" or which rule is broken.
inline std::string DecodeAll(const std::string& path) {
  if (!HexdumpCacheFile(path).ok()) return "no hexdump";
  CacheTrust anyone;
  anyone.allow_untrusted = true;
  const StatusOr<std::shared_ptr<const CacheFile>> cache = CacheFile::Open(path, anyone);
  if (!cache.ok()) return CheckRefusal(path, cache.status());
  CacheStoreOptions options;
  options.trust = anyone;
  options.read_only = true;
  const std::unique_ptr<CacheStore> store = CacheStore::Open(path, options);
  if (store->status() != CacheFileStatus::kWarm) return "opens, but not as a store";
  const std::string sections = CheckSections(**cache, store.get());
  if (!sections.empty()) return sections;
  for (const TuningRecord& record : (*cache)->index().tuning) {
    store->FindTuning((*cache)->index().devices[record.device], record.key);
  }
  if (!ReadCacheFileInfo(path).ok()) return "no info";
  const Status verified = VerifyCacheFile(path);
  if (!verified.ok() && verified.message().empty()) return "not good, without a reason";
  // Everything that a rewriter would carry over can be written.
  size_t damaged = 0;
  CacheContents contents = (*cache)->ReadContents(&damaged);
  contents.EvictTo(options.size_limit);
  if (!EncodedCacheFile::Encode(contents, std::nullopt).ok()) return "cannot be written again";
  return "";
}

}  // namespace mace

#endif  // MACE_TESTING_CACHE_DECODE_ALL_H_
