#include "mace/base/folder_owner.h"

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <deque>
#include <system_error>
#include <vector>

#include "mace/base/absolute_path.h"
#include "mace/base/files.h"
#include "mace/base/strings.h"

namespace mace {
namespace {

constexpr mode_t kGroupWrites = S_IWGRP;
constexpr mode_t kOthersWrite = S_IWOTH;

// A user namespace shows the root of the outside, who could do anything, under another number.
bool IsTrustedUser(uid_t user) {
  struct stat root = {};
  return user == 0 || user == geteuid() || (stat("/", &root) == 0 && user == root.st_uid);
}

// The user's name; empty where the system has none.
std::string NameOfUser(uid_t user) {
  std::vector<char> memory(16384);
  struct passwd entry = {};
  struct passwd* found = nullptr;
  if (getpwuid_r(user, &entry, memory.data(), memory.size(), &found) != 0) return "";
  return found == nullptr || found->pw_name == nullptr ? "" : found->pw_name;
}

// Whether the group is that which many systems make for each user: of the user's name, with no
// other member.
bool IsOwnGroup(gid_t group) {
  if (group != getegid()) return false;
  const std::string user = NameOfUser(geteuid());
  std::vector<char> memory(65536);
  struct group entry = {};
  struct group* found = nullptr;
  if (user.empty() || getgrgid_r(group, &entry, memory.data(), memory.size(), &found) != 0 ||
      found == nullptr || found->gr_name != user) {
    return false;
  }
  for (char** member = found->gr_mem; member != nullptr && *member != nullptr; ++member) {
    if (*member != user) return false;
  }
  return true;
}

bool OthersMayWrite(const struct stat& info) {
  return (info.st_mode & kOthersWrite) != 0 ||
         ((info.st_mode & kGroupWrites) != 0 && !IsOwnGroup(info.st_gid));
}

// What is wrong with one level that is a folder; empty: nothing. A sticky folder that others may
// write is right, since others can change only their own files in it.
std::string WhatIsWrong(const std::string& level, const struct stat& info) {
  if (!IsTrustedUser(info.st_uid)) {
    return Printable(level) + " belongs to another user (" + std::to_string(info.st_uid) + ")";
  }
  if (OthersMayWrite(info) && (info.st_mode & S_ISVTX) == 0) {
    return Printable(level) + " may be written by other users";
  }
  return "";
}

// The walk from the root of the file system down to the folder.
class FolderWalk {
 public:
  explicit FolderWalk(const std::string& path) { Push(path); }

  FolderJudgement Judge() {
    struct stat info = {};
    if (stat("/", &info) != 0) return Others("/ cannot be looked at");
    std::string why = WhatIsWrong("/", info);
    if (!why.empty()) return Others(std::move(why));
    root_is_shared_ = OthersMayWrite(info);
    shared_ = root_is_shared_;
    while (!names_.empty()) {
      const std::string name = names_.front();
      names_.pop_front();
      if (name.empty() || name == ".") continue;
      if (name == "..") {
        // The levels above were judged on the way down.
        at_ = DirectoryName(at_);
        shared_ = stat(at_.c_str(), &info) == 0 && OthersMayWrite(info);
        continue;
      }
      const std::string level = JoinPath(at_, name);
      if (lstat(level.c_str(), &info) != 0) return NotThere(level, errno);
      why = S_ISLNK(info.st_mode) ? FollowLink(level, info) : Enter(level, info);
      if (!why.empty()) return Others(std::move(why));
    }
    return {shared_ ? FolderOwner::kShared : FolderOwner::kOurs, "", at_};
  }

 private:
  static FolderJudgement Others(std::string why) {
    return {FolderOwner::kOthers, std::move(why), ""};
  }

  // Has the names of `path` come next.
  void Push(const std::string& path) {
    const std::vector<std::string> names = Split(path, '/');
    names_.insert(names_.begin(), names.begin(), names.end());
    if (!StartsWith(path, "/")) return;
    at_ = "/";
    shared_ = root_is_shared_;
  }

  FolderJudgement NotThere(const std::string& level, int error) const {
    // Behind a level that this user may not pass nothing can be used, but nothing is wrong either.
    if (error == EACCES) return {FolderOwner::kMissing, "", at_};
    if (error != ENOENT) {
      return Others(Printable(level) + ": " + std::generic_category().message(error));
    }
    for (const std::string& name : names_) {
      if (name == "..") return Others(Printable(level) + " does not exist");
    }
    if (shared_) return Others(Printable(level) + " can be made by any user");
    return {FolderOwner::kMissing, "", at_};
  }

  std::string FollowLink(const std::string& level, const struct stat& info) {
    constexpr int kMaxLinks = 40;  // The Linux kernel's limit.
    if (!IsTrustedUser(info.st_uid)) {
      return Printable(level) + " is a link of another user (" + std::to_string(info.st_uid) + ")";
    }
    char target[PATH_MAX];
    const ssize_t size = readlink(level.c_str(), target, sizeof(target));
    if (size <= 0 || static_cast<size_t>(size) == sizeof(target) || ++links_ > kMaxLinks) {
      return Printable(level) + " is a link that cannot be followed";
    }
    Push(std::string(target, static_cast<size_t>(size)));
    return "";
  }

  std::string Enter(const std::string& level, const struct stat& info) {
    if (!S_ISDIR(info.st_mode)) return Printable(level) + " is not a folder";
    std::string why = WhatIsWrong(level, info);
    at_ = level;
    shared_ = OthersMayWrite(info);
    return why;
  }

  std::deque<std::string> names_;  // Still to be looked at, the next one first.
  std::string at_ = "/";           // The level that was judged last.
  bool root_is_shared_ = false;
  bool shared_ = false;  // Whether others may make files in `at_`.
  int links_ = 0;
};

}  // namespace

FolderJudgement JudgeFolder(const std::string& path) {
  const std::string absolute = AbsolutePath(path);
  if (!StartsWith(absolute, "/")) {
    return {FolderOwner::kOthers, "the current folder cannot be told", ""};
  }
  return FolderWalk(absolute).Judge();
}

bool SubfoldersAreOurs(const std::string& path, std::string* why) {
  DIR* entries = opendir(path.c_str());
  if (entries == nullptr) {
    *why = Printable(path) + ": " + std::generic_category().message(errno);
    return false;
  }
  while (const dirent* entry = readdir(entries)) {
    const bool may_be_folder =
        entry->d_type == DT_DIR || entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN;
    if (!may_be_folder || std::strcmp(entry->d_name, ".") == 0 ||
        std::strcmp(entry->d_name, "..") == 0) {
      continue;
    }
    struct stat info = {};
    // An entry that has vanished meanwhile does no harm.
    if (fstatat(dirfd(entries), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0) continue;
    const std::string level = JoinPath(path, entry->d_name);
    if (S_ISLNK(info.st_mode)) *why = Printable(level) + " is a link";
    if (S_ISDIR(info.st_mode)) *why = WhatIsWrong(level, info);
    if (S_ISDIR(info.st_mode) && why->empty() && OthersMayWrite(info)) {
      *why = Printable(level) + " may be written by other users";
    }
    if (!why->empty()) break;
  }
  closedir(entries);
  return why->empty();
}

}  // namespace mace
