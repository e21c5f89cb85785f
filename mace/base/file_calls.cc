#include "mace/base/file_calls.h"

#include <fcntl.h>

#include <cerrno>
#include <system_error>

namespace mace {

Status SystemError(const std::string& path, const char* what, int error) {
  const std::string message = path + ": " + what + ": " + std::generic_category().message(error);
  return error == ENOENT ? NotFound(message) : IoError(message);
}

int OpenRetrying(const std::string& path, int flags, uint32_t mode) {
  int fd;
  do {
    fd = open(path.c_str(), flags | O_CLOEXEC, mode);
  } while (fd < 0 && errno == EINTR);
  return fd;
}

}  // namespace mace
