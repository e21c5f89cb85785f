#include "mace/base/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <thread>
#include <utility>

#include "mace/base/clock.h"
#include "mace/base/file_calls.h"

namespace mace {

StatusOr<FileLock> FileLock::Acquire(const std::string& path, int wait_milliseconds) {
  const int fd = OpenRetrying(path, O_RDONLY | O_CREAT | O_NONBLOCK | O_NOFOLLOW, 0600);
  if (fd < 0) return IoError(SystemError(path, "open", errno).message());
  FileLock lock(fd);
  struct stat info = {};
  if (fstat(fd, &info) != 0) return SystemError(path, "fstat", errno);
  if (!S_ISREG(info.st_mode)) return InvalidArgument(path + ": is not a regular file");
  const double deadline = MonotonicMilliseconds() + wait_milliseconds;
  // Polling, since a blocking flock can only be given up by a signal.
  for (int pause = 1; flock(fd, LOCK_EX | LOCK_NB) != 0; pause = std::min(pause * 2, 20)) {
    if (errno != EWOULDBLOCK && errno != EINTR) return SystemError(path, "flock", errno);
    if (MonotonicMilliseconds() >= deadline) {
      return IoError(path + ": locked by another writer for more than " +
                     std::to_string(wait_milliseconds) + " ms");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(pause));
  }
  return lock;
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
