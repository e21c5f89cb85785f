#include "mace/base/absolute_path.h"

#include <filesystem>
#include <system_error>

#include "mace/base/files.h"

namespace mace {

std::string AbsolutePath(const std::string& path) {
  if (path.empty() || path[0] == '/') return path;
  std::error_code error;
  const std::filesystem::path current = std::filesystem::current_path(error);
  // A current folder that was deleted, or lies outside of this process's root, is not absolute.
  if (error || !current.is_absolute()) return path;
  return JoinPath(current.string(), path);
}

}  // namespace mace
