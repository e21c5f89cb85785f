// `mace doctor`: the folders in which compiled programs are kept.
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "mace/base/absolute_path.h"
#include "mace/base/driver_folders.h"
#include "mace/base/files.h"
#include "mace/base/folder_owner.h"
#include "tools/mace/doctor_checks.h"

namespace mace {
namespace {

// Programs of one network take some megabytes, and a compiler's files as much again.
constexpr uint64_t kLittleSpace = uint64_t{64} << 20;

// The deepest folder of the path that is there.
std::string NearestFolder(std::string path) {
  while (path != "/" && path != "." && !FileExists(path)) path = DirectoryName(path);
  return path;
}

void CheckSpace(const std::string& what, const std::string& folder, Findings* findings) {
  struct statvfs info = {};
  if (statvfs(folder.c_str(), &info) != 0) return;
  const uint64_t free_bytes = static_cast<uint64_t>(info.f_bavail) * info.f_frsize;
  char text[32];
  std::snprintf(text, sizeof(text), "%.1f GiB", static_cast<double>(free_bytes) / (1 << 30));
  const std::string line = what + ": " + text + " free at " + folder;
  if (free_bytes >= kLittleSpace) {
    findings->Ok("disk", line);
  } else {
    findings->Warn("disk", line + ", expected 64 MiB or more", "make room, or name another folder");
  }
}

// `what` is kept in `path`, a folder that need not be there yet. `variable` names another one.
void CheckFolder(const std::string& what, const std::string& path, const std::string& variable,
                 Findings* findings) {
  const std::string absolute = AbsolutePath(path);
  const std::string nearest = NearestFolder(absolute);
  const std::string line = what + ": " + absolute;
  const FolderJudgement judgement = JudgeFolder(absolute);
  if (judgement.owner == FolderOwner::kOthers) {
    findings->Warn("folder", line + " can be changed by another user: " + judgement.why,
                   "set " + variable + " to a folder of your own, since programs in it are run");
  } else if (access(nearest.c_str(), W_OK | X_OK) != 0) {
    findings->Warn("folder",
                   line + " cannot be written" +
                       (nearest == absolute ? "" : ": " + nearest + " does not allow it"),
                   "set " + variable + " to a folder of your own, or everything is compiled at " +
                       "every start");
  } else {
    findings->Ok("folder", line + (nearest == absolute ? " can be written" : " can be made"));
  }
  CheckSpace(what, nearest, findings);
}

// mace's own file, which lies where its user says.
void CheckCacheFile(const std::string& cache, Findings* findings) {
  const std::string path = AbsolutePath(cache);
  const std::string line = "mace's cache file " + path;
  struct stat info = {};
  const bool exists = stat(path.c_str(), &info) == 0;
  const std::string folder = DirectoryName(path);
  if (exists && info.st_uid != geteuid() && info.st_uid != 0) {
    findings->Warn("folder", line + " belongs to another user and is not used",
                   "name another file with --cache; --cache-allow-shared uses it all the same");
  } else if (exists && (info.st_mode & 0022) != 0) {
    findings->Warn("folder", line + " may be written by others and is not used",
                   "chmod go-w " + path);
  } else if (exists && access(path.c_str(), R_OK) != 0) {
    findings->Warn("folder", line + " cannot be read", "chmod u+r " + path);
  } else if (access(folder.c_str(), W_OK | X_OK) != 0) {
    findings->Warn("folder", line + " cannot be written: " + folder + " does not allow it",
                   "name a file in a folder of your own with --cache, or every start compiles");
  } else {
    findings->Ok("folder", line + (exists ? " is there and can be replaced" : " can be written"));
  }
  CheckSpace("mace's cache file", NearestFolder(folder), findings);
}

}  // namespace

void CheckFolders(const std::string& cache, Findings* findings) {
  CheckCacheFile(cache, findings);
  const std::string user = UserCacheFolder();
  if (EnvironmentText("HOME").empty()) {
    findings->Warn("folder", "HOME is not set, so drivers keep their programs in /tmp or nowhere",
                   "set HOME to a folder that this user may write");
  }
  const std::string pocl = EnvironmentText("POCL_CACHE_DIR");
  CheckFolder("PoCL's programs", pocl.empty() ? JoinPath(PoclDefaultFolder(), "kcache") : pocl,
              "POCL_CACHE_DIR", findings);
  if (FileExists("/dev/nvidiactl") && !EnvironmentText("HOME").empty()) {
    const std::string named = EnvironmentText("CUDA_CACHE_PATH");
    CheckFolder("NVIDIA's programs",
                named.empty() ? JoinPath(EnvironmentText("HOME"), ".nv/ComputeCache") : named,
                "CUDA_CACHE_PATH", findings);
  }
  if (FileExists("/dev/dri") && !user.empty()) {
    const std::string named = EnvironmentText("NEO_CACHE_DIR");
    CheckFolder("Intel's programs", named.empty() ? JoinPath(user, "neo_compiler_cache") : named,
                "NEO_CACHE_DIR", findings);
  }
  CheckSpace("temporary files",
             EnvironmentText("TMPDIR").empty() ? "/tmp" : EnvironmentText("TMPDIR"), findings);
}

}  // namespace mace
