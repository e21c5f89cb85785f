#include "mace/base/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>

#include "mace/base/file_calls.h"
#include "mace/base/strings.h"

namespace mace {

StatusOr<std::unique_ptr<RandomAccessFile>> RandomAccessFile::Open(const FileInFolder& file) {
  // O_NONBLOCK: opening a FIFO without a writer would otherwise wait for ever.
  const int fd = OpenRetrying(file, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) return SystemError(file.path, "open", errno);
  return FromDescriptor(file.path, fd);
}

StatusOr<std::unique_ptr<RandomAccessFile>> RandomAccessFile::FromDescriptor(
    const std::string& path, int descriptor) {
  const int fd = descriptor;
  std::unique_ptr<RandomAccessFile> file(new RandomAccessFile(path, fd));
  struct stat info = {};
  if (fstat(fd, &info) != 0) return SystemError(path, "fstat", errno);
  if (S_ISDIR(info.st_mode)) return InvalidArgument(path + ": is a directory");
  if (S_ISFIFO(info.st_mode)) return InvalidArgument(path + ": is a FIFO");
  if (!S_ISREG(info.st_mode)) return InvalidArgument(path + ": is not a regular file");
  file->size_ = static_cast<uint64_t>(info.st_size);
  file->owner_ = info.st_uid;
  file->mode_ = info.st_mode & 07777;
  file->names_ = static_cast<uint64_t>(info.st_nlink);
  file->changed_seconds_ = info.st_mtim.tv_sec;
  file->changed_nanoseconds_ = info.st_mtim.tv_nsec;
  return file;
}

RandomAccessFile::~RandomAccessFile() { close(fd_); }

Status RandomAccessFile::CheckUnchanged() const {
  struct stat info = {};
  if (fstat(fd_, &info) != 0) return SystemError(path_, "fstat", errno);
  if (static_cast<uint64_t>(info.st_size) != size_) {
    return Corruption(path_ + ": was changed after it was opened: expected " +
                      std::to_string(size_) + " bytes, found " + std::to_string(info.st_size));
  }
  if (info.st_mtim.tv_sec != changed_seconds_ || info.st_mtim.tv_nsec != changed_nanoseconds_) {
    return Corruption(path_ + ": was changed after it was opened: it was written to");
  }
  return Status::Ok();
}

Status RandomAccessFile::ReadAt(uint64_t offset, MutableBytes out) const {
  constexpr uint64_t kLargestOffset = INT64_MAX;
  if (offset > kLargestOffset || out.size() > kLargestOffset - offset) {
    return InvalidArgument(path_ + ": read at an impossible offset");
  }
  size_t done = 0;
  while (done < out.size()) {
    const size_t count = std::min(out.size() - done, kLargestTransfer);
    const ssize_t got = pread(fd_, out.data() + done, count, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SystemError(path_, "read", errno);
    if (got == 0) {
      return Corruption(path_ + ": ends at " + std::to_string(offset + done) + ", expected " +
                        std::to_string(offset + out.size()) + " bytes");
    }
    done += static_cast<size_t>(got);
  }
  return Status::Ok();
}

StatusOr<std::string> ReadFile(const std::string& path, size_t limit) {
  MACE_ASSIGN_OR_RETURN(auto file, RandomAccessFile::Open(path));
  if (file->size() > limit) {
    return InvalidArgument(path + ": has " + std::to_string(file->size()) +
                           " bytes, the limit is " + std::to_string(limit));
  }
  std::string content(static_cast<size_t>(file->size()), '\0');
  MACE_RETURN_IF_ERROR(
      file->ReadAt(0, MutableBytes(reinterpret_cast<uint8_t*>(content.data()), content.size())));
  return content;
}

Status MakeDirectories(const std::string& path, uint32_t mode) {
  for (size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    if (!part.empty() && mkdir(part.c_str(), mode) != 0) {
      const int error = errno;
      struct stat info = {};
      // EROFS and EACCES can come before EEXIST.
      if (stat(part.c_str(), &info) != 0) return SystemError(part, "mkdir", error);
      if (!S_ISDIR(info.st_mode)) return SystemError(part, "mkdir", ENOTDIR);
    }
    if (end == std::string::npos) return Status::Ok();
  }
}

bool FileExists(const std::string& path) {
  struct stat info = {};
  return stat(path.c_str(), &info) == 0;
}

std::string JoinPath(std::string_view folder, std::string_view name) {
  if (folder.empty() || StartsWith(name, "/")) return std::string(name);
  std::string path(folder);
  if (path.back() != '/') path += '/';
  return path.append(name);
}

std::string DirectoryName(std::string_view path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return std::string(path.substr(0, slash == 0 ? 1 : slash));
}

}  // namespace mace
