#include "mace/base/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <thread>
#include <utility>

#include "mace/base/clock.h"
#include "mace/base/file_calls.h"

namespace mace {
namespace {

std::atomic<int> g_wait_left{1000};

// A lock file may vanish, and come again, between two looks at it.
constexpr int kAttempts = 100;

// Without following a link. -1 with errno set.
int OpenLockFile(const FileInFolder& file, uint32_t mode) {
  constexpr int kFlags = O_RDONLY | O_NONBLOCK | O_NOFOLLOW;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    // Apart from creating it: in a sticky folder the system refuses to open with O_CREAT what is
    // there already and another user's.
    int fd = OpenRetrying(file, kFlags);
    if (fd >= 0 || errno != ENOENT) return fd;
    fd = OpenRetrying(file, kFlags | O_CREAT | O_EXCL, mode);
    if (fd >= 0) {
      fchmod(fd, mode);  // The umask may have taken bits that other holders need.
      return fd;
    }
    if (errno != EEXIST) return fd;
  }
  return -1;
}

// OK when nobody can hold the lock who may not. A file of ours that others may open is closed to
// them.
Status CheckHolders(int fd, const std::string& path, const LockSharing& sharing) {
  struct stat info = {};
  if (fstat(fd, &info) != 0) return SystemError(path, "fstat", errno);
  if (!S_ISREG(info.st_mode)) return InvalidArgument(path + ": is not a regular file");
  const bool ours = info.st_uid == geteuid();
  if (!ours && sharing.owner != info.st_uid) {
    return FailedPrecondition(path + ": belongs to another user (" + std::to_string(info.st_uid) +
                              "), who could hold this lock for ever: remove the file");
  }
  const uint32_t mode = info.st_mode & 0777;
  // A second name would be a file of ours that somebody put in the lock's place.
  const bool changed =
      ours && mode != sharing.mode && info.st_nlink == 1 && fchmod(fd, sharing.mode) == 0;
  if (changed || (mode & ~sharing.mode) == 0) return Status();
  return FailedPrecondition(path + ": other users may open it and hold this lock: remove the file");
}

// Whether the name still leads to the open file: somebody may have removed it.
bool IsStillThere(int fd, const FileInFolder& file) {
  struct stat open_one = {}, named = {};
  return fstat(fd, &open_one) == 0 &&
         fstatat(file.folder, file.name.c_str(), &named, AT_SYMLINK_NOFOLLOW) == 0 &&
         open_one.st_dev == named.st_dev && open_one.st_ino == named.st_ino;
}

// Waits for the lock at most so long, and takes the time from what the process may wait.
Status WaitForLock(int fd, const std::string& path, int wait_milliseconds) {
  const double begin = MonotonicMilliseconds();
  const int most = std::min(wait_milliseconds, g_wait_left.load());
  Status status;
  // Polling, since a blocking flock can only be given up by a signal.
  for (int pause = 1; flock(fd, LOCK_EX | LOCK_NB) != 0; pause = std::min(pause * 2, 20)) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK) {
      status = SystemError(path, "flock", errno);
      break;
    }
    const double left = begin + most - MonotonicMilliseconds();
    if (left <= 0) {
      status = IoError(path + ": another process holds this lock, and does not give it back");
      break;
    }
    std::this_thread::sleep_for(
        std::chrono::duration<double, std::milli>(std::min<double>(pause, left)));
  }
  g_wait_left.fetch_sub(static_cast<int>(MonotonicMilliseconds() - begin));
  return status;
}

}  // namespace

int LockWaitLeftMilliseconds() { return std::max(0, g_wait_left.load()); }

void SetLockWaitLeftMilliseconds(int milliseconds) { g_wait_left = milliseconds; }

StatusOr<FileLock> FileLock::Acquire(const FileInFolder& file, int wait_milliseconds,
                                     const LockSharing& sharing) {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const int fd = OpenLockFile(file, sharing.mode);
    if (fd < 0) return IoError(SystemError(file.path, "open", errno).message());
    FileLock lock(fd);
    MACE_RETURN_IF_ERROR(CheckHolders(fd, file.path, sharing));
    MACE_RETURN_IF_ERROR(WaitForLock(fd, file.path, wait_milliseconds));
    if (IsStillThere(fd, file)) return lock;
  }
  return IoError(file.path + ": is removed again and again");
}

FileLock::~FileLock() {
  if (fd_ >= 0) close(fd_);
}

FileLock::FileLock(FileLock&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

}  // namespace mace
