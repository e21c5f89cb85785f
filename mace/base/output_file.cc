#include "mace/base/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "mace/base/atomic_file.h"
#include "mace/base/file_calls.h"

namespace mace {
namespace {

// The target of a link is made where it is not there. O_TRUNC means nothing to a device or a FIFO.
Status WriteThrough(const std::string& path, bool is_link, Span<const Bytes> pieces) {
  const int flags = O_WRONLY | O_TRUNC | O_NOCTTY | (is_link ? O_CREAT : 0);
  const int fd = OpenRetrying(path, flags, 0644);
  // A link into a folder that is not there is trouble with writing, not a file that was looked for.
  if (fd < 0) return IoError(SystemError(path, "open", errno).message());
  Status status;
  for (const Bytes& piece : pieces) {
    status = WriteAll(fd, path, piece);
    if (!status.ok()) break;
  }
  // A device or a FIFO cannot be synced, and need not be.
  const bool synced = fsync(fd) == 0 || errno == EINVAL || errno == ENOTSUP || errno == EROFS;
  if (status.ok() && !synced) status = SystemError(path, "fsync", errno);
  if (close(fd) != 0 && status.ok()) status = SystemError(path, "close", errno);
  return status;
}

}  // namespace

Status WriteOutputFile(const std::string& path, Span<const Bytes> pieces) {
  struct stat itself = {};
  if (lstat(path.c_str(), &itself) != 0) return WriteFileAtomic(path, pieces);
  if (S_ISDIR(itself.st_mode)) {
    return InvalidArgument(path + ": expected the name of a file, found a folder");
  }
  if (S_ISREG(itself.st_mode)) return WriteFileAtomic(path, pieces);
  return WriteThrough(path, S_ISLNK(itself.st_mode), pieces);
}

Status WriteOutputFile(const std::string& path, Bytes content) {
  return WriteOutputFile(path, Span<const Bytes>(&content, 1));
}

}  // namespace mace
