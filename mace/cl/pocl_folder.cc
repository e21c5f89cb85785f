#include "mace/cl/pocl_folder.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <string>
#include <system_error>

#include "mace/base/files.h"
#include "mace/base/log.h"

namespace mace {
namespace {

struct TemporaryFolder {
  std::string path;
  pid_t owner = 0;
};

TemporaryFolder& Temporary() {
  // Never destroyed: the exit handler reads it.
  static auto* folder = new TemporaryFolder;
  return *folder;
}

void RemoveTemporary() {
  // A forked child must not remove its parent's folder.
  if (Temporary().owner != getpid()) return;
  std::error_code ignored;
  std::filesystem::remove_all(Temporary().path, ignored);
}

std::string EnvironmentText(const char* name) {
  const char* text = std::getenv(name);
  return text == nullptr ? "" : text;
}

// PoCL's rule (pocl_cache.c of its documentation: "env_variables"): XDG first, then the home.
std::string DefaultFolder() {
  const std::string xdg = EnvironmentText("XDG_CACHE_HOME");
  if (!xdg.empty()) return JoinPath(xdg, "pocl/kcache");
  const std::string home = EnvironmentText("HOME");
  if (!home.empty()) return JoinPath(home, ".cache/pocl/kcache");
  return "/tmp/pocl/kcache";
}

// Whether `path` can be made and written: asked of its nearest parent that exists, so that nothing
// is left behind where PoCL is not the driver.
bool CanWrite(std::string path) {
  struct stat info;
  while (stat(path.c_str(), &info) != 0) {
    const std::string parent = DirectoryName(path);
    if (parent == path) return false;
    path = parent;
  }
  return S_ISDIR(info.st_mode) && access(path.c_str(), W_OK | X_OK) == 0;
}

void Prepare() {
  if (std::getenv("POCL_CACHE_DIR") != nullptr || CanWrite(DefaultFolder())) return;
  std::string base = EnvironmentText("TMPDIR");
  if (base.empty()) base = "/tmp";
  std::string path = JoinPath(base, "mace-pocl-XXXXXX");
  if (mkdtemp(path.data()) == nullptr) {
    Log(LogLevel::kWarning, "PoCL's cache folder " + DefaultFolder() +
                                " cannot be written and no temporary one made: set POCL_CACHE_DIR");
    return;
  }
  Temporary() = {path, getpid()};
  // Before the driver is loaded: exit handlers run in reverse, so this one comes after PoCL's.
  std::atexit(RemoveTemporary);
  setenv("POCL_CACHE_DIR", path.c_str(), 0);
}

}  // namespace

void PreparePoclFolder() {
  static std::once_flag once;
  std::call_once(once, Prepare);
}

}  // namespace mace
