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

// The beginning of the names of temporary files for `file`, without the folder. A long name is cut,
// so that the whole fits a folder's entry.
std::string TemporaryPrefix(const FileInFolder& file) {
  const std::string name = file.name.substr(file.name.rfind('/') + 1);
  constexpr size_t kLongest = NAME_MAX - kTemporaryMark.size() - kRandomNameSize;
  return name.substr(0, kLongest) + std::string(kTemporaryMark);
}

// The folder of `file`, to be listed or synced. -1 with errno set.
int OpenFolderOf(const FileInFolder& file) {
  return OpenRetrying(FileInFolder(file.folder, DirectoryName(file.name), ""),
                      O_RDONLY | O_DIRECTORY);
}

Status SyncFolderOf(const FileInFolder& file) {
  const std::string path = DirectoryName(file.path);
  const int fd = OpenFolderOf(file);
  if (fd < 0) return SystemError(path, "open", errno);
  // Some file systems cannot sync a folder and need not.
  const bool good = fsync(fd) == 0 || errno == EINVAL || errno == ENOTSUP;
  const int error = errno;
  close(fd);
  return good ? Status::Ok() : SystemError(path, "fsync", error);
}

// A temporary file beside a file, open for writing; removed again unless it takes the file's place.
// Messages name the file itself: it is what the reader knows.
class TemporaryFile {
 public:
  static StatusOr<TemporaryFile> Create(const FileInFolder& file, uint32_t mode) {
    MACE_ASSIGN_OR_RETURN(const std::string random, MakeRandomName());
    std::string name = file.FolderPart() + TemporaryPrefix(file) + random;
    const int fd = OpenRetrying(FileInFolder(file.folder, name, ""),
                                O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
    if (fd >= 0) return TemporaryFile(file, std::move(name), fd);
    // A missing folder is trouble with writing, not a file that was looked for.
    return IoError(SystemError(file.path, "create a temporary file beside it", errno).message());
  }

  ~TemporaryFile() {
    if (fd_ >= 0) close(fd_);
    if (!name_.empty()) unlinkat(file_.folder, name_.c_str(), 0);
  }
  TemporaryFile(TemporaryFile&& other) noexcept
      : file_(std::move(other.file_)),
        name_(std::exchange(other.name_, "")),
        fd_(std::exchange(other.fd_, -1)) {}
  TemporaryFile& operator=(TemporaryFile&&) = delete;

  Status Fill(const std::function<Status(const FileSink&)>& write) {
    return write([this](Bytes bytes) { return WriteAll(fd_, file_.path, bytes); });
  }

  // The owner first: to give a file away takes bits from its mode.
  Status SetOwnership(const FileOwnership& ownership) {
    if (fchown(fd_, ownership.user, ownership.group) != 0) {
      // Most processes may not give a file away, and some not even to the group.
      [[maybe_unused]] const int ignored = fchown(fd_, static_cast<uid_t>(-1), ownership.group);
    }
    return fchmod(fd_, ownership.mode) == 0 ? Status() : SystemError(file_.path, "fchmod", errno);
  }

  // Makes the file durable and puts it in the path's place.
  Status Commit() {
    if (fsync(fd_) != 0) return SystemError(file_.path, "fsync", errno);
    if (close(std::exchange(fd_, -1)) != 0) return SystemError(file_.path, "close", errno);
    if (renameat(file_.folder, name_.c_str(), file_.folder, file_.name.c_str()) != 0)
      return SystemError(file_.path, "rename", errno);
    name_.clear();
    return SyncFolderOf(file_);
  }

 private:
  TemporaryFile(FileInFolder file, std::string name, int fd)
      : file_(std::move(file)), name_(std::move(name)), fd_(fd) {}

  FileInFolder file_;
  std::string name_;  // In the same folder; empty once it has taken the file's place.
  int fd_ = -1;
};

std::function<Status(const FileSink&)> WriterOf(Span<const Bytes> pieces) {
  return [pieces](const FileSink& sink) {
    for (const Bytes& piece : pieces) MACE_RETURN_IF_ERROR(sink(piece));
    return Status::Ok();
  };
}

}  // namespace

Status WriteFileAtomic(const FileInFolder& file,
                       const std::function<Status(const FileSink&)>& write, uint32_t mode) {
  MACE_ASSIGN_OR_RETURN(TemporaryFile temporary, TemporaryFile::Create(file, mode));
  MACE_RETURN_IF_ERROR(temporary.Fill(write));
  return temporary.Commit();
}

Status WriteFileAtomic(const FileInFolder& file, Span<const Bytes> pieces, uint32_t mode) {
  return WriteFileAtomic(file, WriterOf(pieces), mode);
}

Status WriteFileAtomic(const FileInFolder& file, Bytes content, uint32_t mode) {
  return WriteFileAtomic(file, Span<const Bytes>(&content, 1), mode);
}

Status WriteSharedFileAtomic(const FileInFolder& file, Span<const Bytes> pieces,
                             const FileOwnership& ownership) {
  constexpr uint32_t kOursForNow = 0600;
  MACE_ASSIGN_OR_RETURN(TemporaryFile temporary, TemporaryFile::Create(file, kOursForNow));
  MACE_RETURN_IF_ERROR(temporary.Fill(WriterOf(pieces)));
  MACE_RETURN_IF_ERROR(temporary.SetOwnership(ownership));
  return temporary.Commit();
}

void RemoveStaleTemporaries(const FileInFolder& file) {
  const std::string prefix = TemporaryPrefix(file);
  const int folder = OpenFolderOf(file);
  DIR* entries = folder < 0 ? nullptr : fdopendir(folder);
  if (entries == nullptr) {
    if (folder >= 0) close(folder);
    return;
  }
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
