#include "mace/base/open_beneath.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <vector>

#include "mace/base/strings.h"

namespace mace {
namespace {

// openat2's argument and flags, from the kernel's interface: older headers lack linux/openat2.h.
struct OpenHow {
  uint64_t flags = 0;
  uint64_t mode = 0;
  uint64_t resolve = 0;
};
constexpr uint64_t kNoMagicLinks = 0x02;
constexpr uint64_t kNoSymbolicLinks = 0x04;
constexpr uint64_t kBeneath = 0x08;
#ifdef SYS_openat2
constexpr long kOpenAt2 = SYS_openat2;
#else
constexpr long kOpenAt2 = 437;  // Every architecture has this number.
#endif

// The names of the path without ".". False where the path is none that stays beneath a folder.
bool SplitBeneath(const std::string& relative, std::vector<std::string>* names) {
  if (relative.empty() || relative[0] == '/') return false;
  if (relative.find('\0') != std::string::npos) return false;
  for (std::string& name : Split(relative, '/')) {
    if (name == "..") return false;
    if (!name.empty() && name != ".") names->push_back(std::move(name));
  }
  return !names->empty();
}

int OpenByKernel(int folder, const std::string& path, int flags) {
  OpenHow how;
  how.flags = static_cast<uint64_t>(flags | O_CLOEXEC);
  how.resolve = kBeneath | kNoSymbolicLinks | kNoMagicLinks;
  // EAGAIN: a folder was renamed while the kernel walked through it.
  constexpr int kAttempts = 100;
  long fd = -1;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    fd = syscall(kOpenAt2, folder, path.c_str(), &how, sizeof(how));
    if (fd >= 0 || (errno != EAGAIN && errno != EINTR)) break;
  }
  return static_cast<int>(fd);
}

int OpenAtRetrying(int folder, const std::string& name, int flags) {
  int fd;
  do {
    fd = openat(folder, name.c_str(), flags | O_CLOEXEC | O_NOFOLLOW);
  } while (fd < 0 && errno == EINTR);
  return fd;
}

int OpenByComponents(int folder, const std::vector<std::string>& names, int flags) {
  int parent = folder;
  for (size_t i = 0; i + 1 < names.size(); ++i) {
    const int next = OpenAtRetrying(parent, names[i], O_PATH | O_DIRECTORY);
    const int error = errno;
    if (parent != folder) close(parent);
    errno = error;
    if (next < 0) return -1;
    parent = next;
  }
  const int fd = OpenAtRetrying(parent, names.back(), flags);
  const int error = errno;
  if (parent != folder) close(parent);
  errno = error;
  return fd;
}

}  // namespace

int OpenBeneath(int folder, const std::string& relative, int flags, BeneathResolver resolver) {
  std::vector<std::string> names;
  if (!SplitBeneath(relative, &names)) {
    errno = EXDEV;
    return -1;
  }
  if (resolver == BeneathResolver::kBest) {
    const int fd = OpenByKernel(folder, Join(names, "/"), flags);
    // EPERM: some sandboxes refuse calls that they do not know so.
    if (fd >= 0 || (errno != ENOSYS && errno != EPERM && errno != EINVAL)) return fd;
  }
  return OpenByComponents(folder, names, flags);
}

}  // namespace mace
