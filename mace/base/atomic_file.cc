#include "mace/base/atomic_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <string_view>

#include "mace/base/file_calls.h"
#include "mace/base/files.h"
#include "mace/base/strings.h"

namespace mace {
namespace {

// What a temporary file's name has between the target's name and "PID.COUNTER".
constexpr std::string_view kTemporaryMark = ".tmp.";

Status WriteAll(int fd, const std::string& path, Bytes bytes) {
  size_t done = 0;
  while (done < bytes.size()) {
    const size_t count = std::min(bytes.size() - done, kLargestTransfer);
    const ssize_t written = write(fd, bytes.data() + done, count);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return SystemError(path, "write", errno);
    if (written == 0) return IoError(path + ": write: nothing was taken");
    done += static_cast<size_t>(written);
  }
  return Status::Ok();
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

// A new, empty file beside `path`; its name goes to `*temporary`.
StatusOr<int> CreateTemporary(const std::string& path, uint32_t mode, std::string* temporary) {
  static std::atomic<uint32_t> counter{0};
  // Another process of the same number (another container, an old crash) may have left the name
  // behind.
  constexpr int kAttempts = 100;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    *temporary = path + std::string(kTemporaryMark) + std::to_string(getpid()) + "." +
                 std::to_string(counter.fetch_add(1));
    const int fd = OpenRetrying(*temporary, O_WRONLY | O_CREAT | O_EXCL, mode);
    if (fd >= 0) return fd;
    if (errno != EEXIST) break;
  }
  const int error = errno;
  // A missing folder is trouble with writing, not a file that was looked for.
  return IoError(SystemError(*temporary, "create", error).message());
}

}  // namespace

Status WriteFileAtomic(const std::string& path, const std::function<Status(const FileSink&)>& write,
                       uint32_t mode) {
  std::string temporary;
  MACE_ASSIGN_OR_RETURN(const int fd, CreateTemporary(path, mode, &temporary));
  Status status = write([&](Bytes bytes) { return WriteAll(fd, temporary, bytes); });
  if (status.ok() && fsync(fd) != 0) status = SystemError(temporary, "fsync", errno);
  if (close(fd) != 0 && status.ok()) status = SystemError(temporary, "close", errno);
  if (status.ok() && rename(temporary.c_str(), path.c_str()) != 0) {
    status = SystemError(path, "rename", errno);
  }
  if (!status.ok()) {
    unlink(temporary.c_str());
    return status;
  }
  return SyncDirectory(DirectoryName(path));
}

Status WriteFileAtomic(const std::string& path, Span<const Bytes> pieces, uint32_t mode) {
  return WriteFileAtomic(
      path,
      [pieces](const FileSink& sink) {
        for (const Bytes& piece : pieces) MACE_RETURN_IF_ERROR(sink(piece));
        return Status::Ok();
      },
      mode);
}

Status WriteFileAtomic(const std::string& path, Bytes content, uint32_t mode) {
  return WriteFileAtomic(path, Span<const Bytes>(&content, 1), mode);
}

void RemoveStaleTemporaries(const std::string& path) {
  const std::string folder = DirectoryName(path);
  const size_t slash = path.rfind('/');
  const std::string prefix =
      path.substr(slash == std::string::npos ? 0 : slash + 1) + std::string(kTemporaryMark);
  DIR* entries = opendir(folder.c_str());
  if (entries == nullptr) return;
  while (const dirent* entry = readdir(entries)) {
    const std::string_view name = entry->d_name;
    if (!StartsWith(name, prefix)) continue;
    // Only names that CreateTemporary makes: digits, a point, digits.
    if (name.find_first_not_of("0123456789.", prefix.size()) != std::string_view::npos) continue;
    unlinkat(dirfd(entries), entry->d_name, 0);
  }
  closedir(entries);
}

}  // namespace mace
