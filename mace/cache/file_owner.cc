#include "mace/cache/file_owner.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace mace {
namespace {

constexpr uint32_t kGroupOrOtherWrite = 022;
constexpr char kOrAllow[] = ", or allow shared ones (--cache-allow-shared)";

bool MayBeUsed(uint32_t owner) { return owner == 0 || owner == geteuid(); }

Status AnotherUsers(uint32_t owner) {
  return FailedPrecondition("belongs to another user (" + std::to_string(owner) +
                            "), so it is neither used nor replaced: name another file" + kOrAllow);
}

Status CheckOwnerAndMode(uint32_t owner, uint32_t mode) {
  if (!MayBeUsed(owner)) return AnotherUsers(owner);
  if ((mode & kGroupOrOtherWrite) == 0) return Status();
  return FailedPrecondition(
      std::string("group or others may write it, so it is neither used nor replaced: take that "
                  "right away (chmod go-w)") +
      kOrAllow);
}

}  // namespace

Status CheckCacheFileOwner(const RandomAccessFile& file) {
  return CheckOwnerAndMode(file.owner(), file.mode());
}

Status CheckUnreadable(const FileInFolder& file) {
  struct stat info = {};
  const bool theirs = fstatat(file.folder, file.name.c_str(), &info, 0) == 0 &&
                      S_ISREG(info.st_mode) && info.st_uid != geteuid() &&
                      faccessat(file.folder, file.name.c_str(), R_OK, AT_EACCESS) != 0;
  return theirs ? AnotherUsers(info.st_uid) : Status();
}

Status CheckReplaceable(const FileInFolder& file, bool allow_shared,
                        std::optional<FileOwnership>* keep) {
  keep->reset();
  struct stat info = {};
  // A path that cannot be looked at gives its error when it is written.
  if (fstatat(file.folder, file.name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return Status();
  const bool is_link = S_ISLNK(info.st_mode);
  if (is_link) {
    if (!allow_shared && info.st_uid != geteuid()) return AnotherUsers(info.st_uid);
    if (fstatat(file.folder, file.name.c_str(), &info, 0) != 0) return Status();
  }
  // A path may lead to a device or a pipe by mistake; those must not be replaced by a file.
  if (!S_ISREG(info.st_mode)) {
    return InvalidArgument("is not a regular file, so it is not replaced");
  }
  MACE_RETURN_IF_ERROR(CheckUnreadable(file));
  if (allow_shared) {
    if (!is_link) *keep = FileOwnership{info.st_mode & 0777u, info.st_uid, info.st_gid};
    return Status();
  }
  MACE_RETURN_IF_ERROR(CheckOwnerAndMode(info.st_uid, info.st_mode));
  if (is_link || info.st_uid == geteuid()) return Status();
  return FailedPrecondition(
      std::string("belongs to root, so it is used but not replaced: name another file") + kOrAllow);
}

}  // namespace mace
