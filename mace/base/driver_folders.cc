#include "mace/base/driver_folders.h"

#include <cstdlib>

#include "mace/base/files.h"

namespace mace {

std::string EnvironmentText(const char* name) {
  const char* const text = std::getenv(name);
  return text == nullptr ? "" : text;
}

std::string UserCacheFolder() {
  const std::string xdg = EnvironmentText("XDG_CACHE_HOME");
  if (!xdg.empty()) return xdg;
  const char* const home = std::getenv("HOME");
  return home == nullptr ? "" : std::string(home) + "/.cache";
}

std::string PoclDefaultFolder() {
  const std::string user = UserCacheFolder();
  return user.empty() ? "/tmp/pocl" : JoinPath(user, "pocl");
}

}  // namespace mace
