#include "mace/cache/place.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "mace/base/absolute_path.h"

namespace mace {
namespace {

Status SystemError(const std::string& name, const char* call) {
  return IoError(name + ": " + call + ": " + std::strerror(errno));
}

Status WriteAll(int descriptor, const std::string& name, const std::vector<Bytes>& pieces) {
  uint64_t offset = 0;
  for (const Bytes& piece : pieces) {
    for (size_t done = 0; done < piece.size();) {
      const ssize_t written = pwrite(descriptor, piece.data() + done, piece.size() - done,
                                     static_cast<off_t>(offset + done));
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return SystemError(name, "pwrite");
      done += static_cast<size_t>(written);
    }
    offset += piece.size();
  }
  if (ftruncate(descriptor, static_cast<off_t>(offset)) != 0) return SystemError(name, "ftruncate");
  return Status();
}

}  // namespace

struct CachePlace::Descriptor {
  explicit Descriptor(int opened) : number(opened) {}
  ~Descriptor() { close(number); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  const int number;
};

CachePlace CachePlace::OfPath(const std::string& path) {
  return CachePlace(Kind::kPath, AbsolutePath(path));
}

StatusOr<CachePlace> CachePlace::OfDescriptor(int descriptor) {
  CachePlace place(Kind::kDescriptor, "cache by descriptor " + std::to_string(descriptor));
  const int own = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
  if (own < 0) return InvalidArgument(SystemError(place.name_, "fcntl").message());
  place.descriptor_ = std::make_shared<Descriptor>(own);
  return place;
}

CachePlace CachePlace::InMemory(Bytes bytes, std::shared_ptr<const void> owner) {
  CachePlace place(Kind::kMemory, "cache in memory");
  place.bytes_ = bytes;
  place.owner_ = std::move(owner);
  return place;
}

StatusOr<std::shared_ptr<const CacheFile>> CachePlace::Open(const CacheTrust& trust) const {
  if (kind_ == Kind::kPath) return CacheFile::Open(name_, trust);
  if (kind_ == Kind::kMemory) {
    if (bytes_.empty()) return NotFound(name_ + ": holds nothing yet");
    return CacheFile::OpenMemory(name_, bytes_, owner_, trust);
  }
  const int own = fcntl(descriptor_->number, F_DUPFD_CLOEXEC, 0);
  if (own < 0) return SystemError(name_, "fcntl");
  MACE_ASSIGN_OR_RETURN(std::unique_ptr<RandomAccessFile> file,
                        RandomAccessFile::FromDescriptor(name_, own));
  if (file->size() == 0) return NotFound(name_ + ": holds nothing yet");
  return CacheFile::OpenFile(std::move(file), trust);
}

Status CachePlace::CheckWritable(const RewriteOptions& options) const {
  if (kind_ == Kind::kPath) return CheckCacheFileWritable(name_, options);
  MACE_RETURN_IF_ERROR(CheckKeyToSign(name_, options));
  if (kind_ == Kind::kMemory) return Status();
  const int flags = fcntl(descriptor_->number, F_GETFL);
  if (flags < 0) return SystemError(name_, "fcntl");
  if ((flags & O_ACCMODE) == O_RDWR && (flags & O_APPEND) == 0) return Status();
  return IoError(name_ +
                 ": expected a descriptor that is open for reading and writing, found one " +
                 ((flags & O_APPEND) != 0 ? "that appends" : "for reading alone"));
}

StatusOr<std::shared_ptr<const CacheFile>> CachePlace::Rewrite(const RewriteOptions& options,
                                                               const CacheEdit& edit) {
  if (kind_ == Kind::kPath) return RewriteCacheFile(name_, options, edit);
  MACE_RETURN_IF_ERROR(CheckWritable(options));
  CacheTrust anyone = options.trust;
  anyone.allow_untrusted = true;
  anyone.public_key.reset();
  anyone.min_generation = 0;
  CacheContents contents;
  MACE_ASSIGN_OR_RETURN(
      const EncodedCacheFile encoded,
      EditCache({name_, Open(options.trust), Open(anyone)}, options, edit, &contents));
  if (kind_ == Kind::kDescriptor) {
    MACE_RETURN_IF_ERROR(WriteAll(descriptor_->number, name_, encoded.Pieces()));
    return Open(options.trust);
  }
  auto whole = std::make_shared<std::vector<uint8_t>>();
  whole->reserve(static_cast<size_t>(encoded.size()));
  for (const Bytes& piece : encoded.Pieces()) {
    whole->insert(whole->end(), piece.begin(), piece.end());
  }
  bytes_ = Bytes(whole->data(), whole->size());
  owner_ = std::move(whole);
  return Open(options.trust);
}

}  // namespace mace
