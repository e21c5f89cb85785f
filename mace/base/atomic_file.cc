#include "mace/base/atomic_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <string_view>
#include <utility>

#include "mace/base/file_calls.h"
#include "mace/base/file_size_signal.h"
#include "mace/base/files.h"
#include "mace/base/random_name.h"
#include "mace/base/strings.h"

namespace mace {
namespace {

constexpr std::string_view kTemporaryMark = ".tmp.";

// The beginning of the names of temporary files for `path`, without the folder. A long name is cut,
// so that the whole fits a folder's entry.
std::string TemporaryPrefix(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string name = path.substr(slash == std::string::npos ? 0 : slash + 1);
  constexpr size_t kLongest = NAME_MAX - kTemporaryMark.size() - kRandomNameSize;
  return name.substr(0, kLongest) + std::string(kTemporaryMark);
}

Status SyncDirectory(const std::string& path) {
  const int fd = OpenRetrying(path, O_RDONLY | O_DIRECTORY);
  if (fd < 0) return SystemError(path, "open", errno);
  // Some file systems cannot sync a folder and need not.
  const bool good = fsync(fd) == 0 || errno == EINVAL || errno == ENOTSUP;
  const int error = errno;
  close(fd);
  return good ? Status::Ok() : SystemError(path, "fsync", error);
}

// A temporary file beside `path`, open for writing; removed again unless it takes the path's place.
// Messages name the path itself: it is what the reader knows.
class TemporaryFile {
 public:
  static StatusOr<TemporaryFile> Create(const std::string& path, uint32_t mode) {
    MACE_ASSIGN_OR_RETURN(const std::string random, MakeRandomName());
    const std::string folder = path.substr(0, path.rfind('/') + 1);
    std::string name = folder + TemporaryPrefix(path) + random;
    const int fd = OpenRetrying(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
    if (fd >= 0) return TemporaryFile(path, std::move(name), fd);
    // A missing folder is trouble with writing, not a file that was looked for.
    return IoError(SystemError(path, "create a temporary file beside it", errno).message());
  }

  ~TemporaryFile() {
    if (fd_ >= 0) close(fd_);
    if (!name_.empty()) unlink(name_.c_str());
  }
  TemporaryFile(TemporaryFile&& other) noexcept
      : path_(std::move(other.path_)),
        name_(std::exchange(other.name_, "")),
        fd_(std::exchange(other.fd_, -1)) {}
  TemporaryFile& operator=(TemporaryFile&&) = delete;

  Status Fill(const std::function<Status(const FileSink&)>& write) {
    return write([this](Bytes bytes) { return WriteAll(fd_, path_, bytes); });
  }

  // The owner first: to give a file away takes bits from its mode.
  Status SetOwnership(const FileOwnership& ownership) {
    if (fchown(fd_, ownership.user, ownership.group) != 0) {
      // Most processes may not give a file away, and some not even to the group.
      [[maybe_unused]] const int ignored = fchown(fd_, static_cast<uid_t>(-1), ownership.group);
    }
    return fchmod(fd_, ownership.mode) == 0 ? Status() : SystemError(path_, "fchmod", errno);
  }

  // Makes the file durable and puts it in the path's place.
  Status Commit() {
    if (fsync(fd_) != 0) return SystemError(path_, "fsync", errno);
    if (close(std::exchange(fd_, -1)) != 0) return SystemError(path_, "close", errno);
    if (rename(name_.c_str(), path_.c_str()) != 0) return SystemError(path_, "rename", errno);
    name_.clear();
    return SyncDirectory(DirectoryName(path_));
  }

 private:
  TemporaryFile(std::string path, std::string name, int fd)
      : path_(std::move(path)), name_(std::move(name)), fd_(fd) {}

  std::string path_;
  std::string name_;  // Empty once it has taken the path's place.
  int fd_ = -1;
};

std::function<Status(const FileSink&)> WriterOf(Span<const Bytes> pieces) {
  return [pieces](const FileSink& sink) {
    for (const Bytes& piece : pieces) MACE_RETURN_IF_ERROR(sink(piece));
    return Status::Ok();
  };
}

}  // namespace

Status WriteFileAtomic(const std::string& path, const std::function<Status(const FileSink&)>& write,
                       uint32_t mode) {
  MACE_ASSIGN_OR_RETURN(TemporaryFile file, TemporaryFile::Create(path, mode));
  MACE_RETURN_IF_ERROR(file.Fill(write));
  return file.Commit();
}

Status WriteFileAtomic(const std::string& path, Span<const Bytes> pieces, uint32_t mode) {
  return WriteFileAtomic(path, WriterOf(pieces), mode);
}

Status WriteFileAtomic(const std::string& path, Bytes content, uint32_t mode) {
  return WriteFileAtomic(path, Span<const Bytes>(&content, 1), mode);
}

Status WriteSharedFileAtomic(const std::string& path, Span<const Bytes> pieces,
                             const FileOwnership& ownership) {
  constexpr uint32_t kOursForNow = 0600;
  MACE_ASSIGN_OR_RETURN(TemporaryFile file, TemporaryFile::Create(path, kOursForNow));
  MACE_RETURN_IF_ERROR(file.Fill(WriterOf(pieces)));
  MACE_RETURN_IF_ERROR(file.SetOwnership(ownership));
  return file.Commit();
}

void RemoveStaleTemporaries(const std::string& path) {
  const std::string prefix = TemporaryPrefix(path);
  DIR* entries = opendir(DirectoryName(path).c_str());
  if (entries == nullptr) return;
  while (const dirent* entry = readdir(entries)) {
    const std::string_view name = entry->d_name;
    if (!StartsWith(name, prefix) || !IsRandomName(name.substr(prefix.size()))) continue;
    struct stat info = {};
    const bool ours = fstatat(dirfd(entries), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
                      S_ISREG(info.st_mode) && info.st_uid == geteuid() && info.st_nlink == 1;
    if (ours) unlinkat(dirfd(entries), entry->d_name, 0);
  }
  closedir(entries);
}

}  // namespace mace
