#include "mace/base/file_in_folder.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "mace/base/file_calls.h"

namespace mace {

FileInFolder::FileInFolder(const std::string& file) : FileInFolder(AT_FDCWD, file, file) {}

FileInFolder::FileInFolder(const char* file) : FileInFolder(std::string(file)) {}

FileInFolder::FileInFolder(int open_folder, std::string name_in_folder, std::string shown_path)
    : folder(open_folder), name(std::move(name_in_folder)), path(std::move(shown_path)) {}

FileInFolder FileInFolder::WithSuffix(const std::string& suffix) const {
  return FileInFolder(folder, name + suffix, path + suffix);
}

std::string FileInFolder::FolderPart() const { return name.substr(0, name.rfind('/') + 1); }

StatusOr<OpenFolder> OpenFolder::Open(const std::string& folder) {
  // O_PATH: the right to list the folder is not needed to work with files in it.
  const int descriptor = OpenRetrying(folder, O_PATH | O_DIRECTORY);
  if (descriptor < 0) return SystemError(folder, "open", errno);
  return OpenFolder(descriptor);
}

OpenFolder::~OpenFolder() {
  if (descriptor_ >= 0) close(descriptor_);
}

OpenFolder::OpenFolder(OpenFolder&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

OpenFolder& OpenFolder::operator=(OpenFolder&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

FileInFolder OpenFolder::File(const std::string& path) const {
  const std::string name = path.substr(path.rfind('/') + 1);
  // A path that ends with a slash names a folder, and nothing is put in its place.
  return FileInFolder(descriptor_, name.empty() ? "." : name, path);
}

}  // namespace mace
