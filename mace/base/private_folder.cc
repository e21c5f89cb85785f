#include "mace/base/private_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <system_error>
#include <utility>

#include "mace/base/files.h"
#include "mace/base/folder_owner.h"
#include "mace/base/random_name.h"
#include "mace/base/strings.h"

namespace mace {
namespace {

constexpr mode_t kPrivateMode = 0700;

Status FolderError(const std::string& path, const char* what) {
  return IoError(path + ": " + what + ": " + std::generic_category().message(errno));
}

bool HasOurName(std::string_view name, const std::string& prefix) {
  return StartsWith(name, prefix) && IsRandomName(name.substr(prefix.size()));
}

int OpenFolder(int parent, const char* name) {
  return openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

// Whether `fd` is a folder of this user alone that still has this name.
bool IsStillOurs(int parent, const char* name, int fd) {
  struct stat open_one = {}, named = {};
  return fstat(fd, &open_one) == 0 && S_ISDIR(open_one.st_mode) && open_one.st_uid == geteuid() &&
         (open_one.st_mode & 0777) == kPrivateMode &&
         fstatat(parent, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
         named.st_dev == open_one.st_dev && named.st_ino == open_one.st_ino;
}

void EmptyFolder(int fd, dev_t device, int depth);

// Removes one entry of an open folder, and what is below it on the same file system.
void RemoveEntry(int parent, const char* name, dev_t device, int depth) {
  constexpr int kDeepest = 64;
  if (unlinkat(parent, name, 0) == 0 || depth == kDeepest) return;
  const int fd = OpenFolder(parent, name);
  if (fd < 0) return;
  struct stat info = {};
  if (fstat(fd, &info) == 0 && info.st_dev == device) EmptyFolder(fd, device, depth + 1);
  close(fd);
  unlinkat(parent, name, AT_REMOVEDIR);
}

void EmptyFolder(int fd, dev_t device, int depth) {
  const int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* entries = copy < 0 ? nullptr : fdopendir(copy);
  if (entries == nullptr) {
    if (copy >= 0) close(copy);
    return;
  }
  while (const dirent* entry = readdir(entries)) {
    const bool is_entry =
        std::strcmp(entry->d_name, ".") != 0 && std::strcmp(entry->d_name, "..") != 0;
    if (is_entry) RemoveEntry(fd, entry->d_name, device, depth);
  }
  closedir(entries);
}

// Removes a private folder unless a process uses it.
void RemoveIfAbandoned(int parent, const char* name) {
  const int fd = OpenFolder(parent, name);
  if (fd < 0) return;
  struct stat info = {};
  if (flock(fd, LOCK_EX | LOCK_NB) == 0 && IsStillOurs(parent, name, fd) && fstat(fd, &info) == 0) {
    EmptyFolder(fd, info.st_dev, 0);
    unlinkat(parent, name, AT_REMOVEDIR);
  }
  close(fd);
}

// The folder as its user holds it, with a shared flock; -1 when it is not ours, or about to be
// removed.
int HoldFolder(int parent, const char* name) {
  const int fd = OpenFolder(parent, name);
  if (fd < 0) return -1;
  // Where there is no flock, nobody removes the folder either.
  const bool held = flock(fd, LOCK_SH | LOCK_NB) == 0 || errno != EWOULDBLOCK;
  if (held && IsStillOurs(parent, name, fd)) return fd;
  close(fd);
  return -1;
}

std::string LastName(const std::string& path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

StatusOr<PrivateFolder> PrivateFolder::Make(const std::string& base, const std::string& prefix) {
  const FolderJudgement judgement = JudgeFolder(base);
  if (judgement.owner == FolderOwner::kOthers) return FailedPrecondition(judgement.why);
  if (judgement.owner == FolderOwner::kMissing) return NotFound(base + ": no such folder");
  constexpr int kAttempts = 10;  // One is lost when another process cleans up at that moment.
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    MACE_ASSIGN_OR_RETURN(const std::string random, MakeRandomName());
    std::string path = JoinPath(judgement.nearest, prefix + random);
    if (mkdir(path.c_str(), kPrivateMode) != 0) {
      if (errno == EEXIST) continue;
      return FolderError(path, "mkdir");
    }
    const int fd = HoldFolder(AT_FDCWD, path.c_str());
    if (fd >= 0) return PrivateFolder(std::move(path), fd);
    rmdir(path.c_str());
  }
  return IoError(base + ": no private folder could be made");
}

StatusOr<PrivateFolder> PrivateFolder::Join(const std::string& path, const std::string& prefix) {
  if (!StartsWith(path, "/") || !HasOurName(LastName(path), prefix)) {
    return NotFound(path + ": not the name of a private folder");
  }
  const FolderJudgement judgement = JudgeFolder(path);
  const int fd = judgement.owner == FolderOwner::kOurs ? HoldFolder(AT_FDCWD, path.c_str()) : -1;
  if (fd < 0) return NotFound(path + ": not a private folder of this user that is in use");
  return PrivateFolder(path, fd);
}

PrivateFolder::~PrivateFolder() {
  if (fd_ < 0) return;
  // A child that was forked meanwhile shares the flock, and keeps it.
  close(fd_);
  RemoveIfAbandoned(AT_FDCWD, path_.c_str());
}

PrivateFolder::PrivateFolder(PrivateFolder&& other) noexcept
    : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)) {}

PrivateFolder& PrivateFolder::operator=(PrivateFolder&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(fd_, other.fd_);
  return *this;
}

void RemoveAbandonedFolders(const std::string& base, const std::string& prefix) {
  const FolderJudgement judgement = JudgeFolder(base);
  const bool safe =
      judgement.owner == FolderOwner::kOurs || judgement.owner == FolderOwner::kShared;
  DIR* entries = safe ? opendir(judgement.nearest.c_str()) : nullptr;
  if (entries == nullptr) return;
  while (const dirent* entry = readdir(entries)) {
    if (HasOurName(entry->d_name, prefix)) RemoveIfAbandoned(dirfd(entries), entry->d_name);
  }
  closedir(entries);
}

}  // namespace mace
