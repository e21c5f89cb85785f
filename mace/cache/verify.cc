#include "mace/cache/verify.h"

#include <algorithm>
#include <vector>

#include "mace/base/hash.h"
#include "mace/cache/cache_file.h"
#include "mace/cache/signing.h"

namespace mace {
namespace {

constexpr size_t kPieceSize = size_t{1} << 20;

// SHA-256 over [offset, offset + size).
StatusOr<Sha256Digest> HashRange(const RandomAccessFile& file, uint64_t offset, uint64_t size) {
  Sha256Hasher hasher;
  std::vector<uint8_t> piece;
  for (uint64_t done = 0; done < size; done += piece.size()) {
    piece.resize(static_cast<size_t>(std::min<uint64_t>(size - done, kPieceSize)));
    MACE_RETURN_IF_ERROR(file.ReadAt(offset + done, piece));
    hasher.Update(piece);
  }
  return hasher.Finish();
}

}  // namespace

Status VerifyCacheFile(const std::string& path, const std::optional<PublicKey>& key) {
  CacheTrust trust;
  trust.allow_untrusted = true;
  trust.public_key = key;
  MACE_ASSIGN_OR_RETURN(const auto cache, CacheFile::Open(path, trust));
  const CacheIndex& index = cache->index();
  const RandomAccessFile& file = cache->file();
  for (const KernelEntry* section : DistinctSections(index.kernels)) {
    MACE_ASSIGN_OR_RETURN(const Sha256Digest digest,
                          HashRange(file, section->section_offset, section->section_size));
    if (digest != section->section_digest) {
      return Corruption(path + ": hash mismatch in the section at offset " +
                        std::to_string(section->section_offset));
    }
  }
  const CacheTrailer& trailer = index.trailer;
  const uint64_t hashed_size =
      file.size() - index.header.trailer_size() + sizeof(trailer.index_digest);
  MACE_ASSIGN_OR_RETURN(const Sha256Digest digest, HashRange(file, 0, hashed_size));
  if (digest != trailer.file_digest)
    return Corruption(path + ": hash mismatch over the whole file");
  if (index.header.is_signed() &&
      !IndexSignatureFits(trailer.index_digest, trailer.signature, trailer.public_key)) {
    return Corruption(path + ": wrong signature");
  }
  return Status::Ok();
}

}  // namespace mace
