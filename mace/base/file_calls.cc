#include "mace/base/file_calls.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "mace/base/file_size_signal.h"

namespace mace {

Status SystemError(const std::string& path, const char* what, int error) {
  const std::string message = path + ": " + what + ": " + std::generic_category().message(error);
  return error == ENOENT ? NotFound(message) : IoError(message);
}

int OpenRetrying(const FileInFolder& file, int flags, uint32_t mode) {
  int fd;
  do {
    fd = openat(file.folder, file.name.c_str(), flags | O_CLOEXEC, mode);
  } while (fd < 0 && errno == EINTR);
  return fd;
}

Status WriteAll(int fd, const std::string& path, Bytes bytes) {
  const FileSizeSignalBlock no_signal;
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

}  // namespace mace
