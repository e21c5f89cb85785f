#include "mace/base/contained_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <utility>

#include "mace/base/file_calls.h"
#include "mace/base/open_beneath.h"
#include "mace/base/strings.h"

namespace mace {
namespace {

constexpr int kFolderFlags = O_PATH | O_DIRECTORY;
// O_NONBLOCK: opening a FIFO without a writer would otherwise wait for ever.
constexpr int kFileFlags = O_RDONLY | O_NONBLOCK | O_NOCTTY;

// A descriptor that is closed at the end of its scope.
class ScopedDescriptor {
 public:
  explicit ScopedDescriptor(int descriptor) : descriptor_(descriptor) {}
  ~ScopedDescriptor() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  ScopedDescriptor(const ScopedDescriptor&) = delete;
  ScopedDescriptor& operator=(const ScopedDescriptor&) = delete;

  int get() const { return descriptor_; }
  int Release() { return std::exchange(descriptor_, -1); }

 private:
  int descriptor_;
};

std::string BaseName(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// The path without links of what is open; empty where the system does not say it.
std::string RealPath(int descriptor) {
  const std::string name = "/proc/self/fd/" + std::to_string(descriptor);
  char path[PATH_MAX];
  const ssize_t length = readlink(name.c_str(), path, sizeof(path));
  if (length <= 0 || static_cast<size_t>(length) >= sizeof(path) || path[0] != '/') return "";
  return std::string(path, static_cast<size_t>(length));
}

bool IsSameFile(int a, int b) {
  struct stat of_a = {}, of_b = {};
  return fstat(a, &of_a) == 0 && fstat(b, &of_b) == 0 && of_a.st_dev == of_b.st_dev &&
         of_a.st_ino == of_b.st_ino;
}

// The name is no path that stays below a folder.
bool LeavesByName(const std::string& name) {
  if (name.empty() || name[0] == '/' || name.find('\0') != std::string::npos) return true;
  for (const std::string& part : Split(name, '/')) {
    if (part == "..") return true;
  }
  return false;
}

Status LeavesFolder() {
  return InvalidArgument("expected a file below the model's folder, found a path that leaves it");
}

// `path` below `root`, without the slash; empty where it is elsewhere.
std::string Below(const std::string& root, const std::string& path) {
  const std::string prefix = root == "/" ? root : root + "/";
  return !root.empty() && StartsWith(path, prefix) ? path.substr(prefix.size()) : "";
}

}  // namespace

ContainedFiles::~ContainedFiles() {
  for (int folder : folders_) close(folder);
}

StatusOr<std::shared_ptr<ContainedFiles>> ContainedFiles::Open(const std::string& path) {
  std::shared_ptr<ContainedFiles> files(new ContainedFiles);
  files->folder_name_ = DirectoryName(path);
  const int folder = OpenRetrying(files->folder_name_, kFolderFlags);
  if (folder < 0) return SystemError(path, "open", errno);
  files->AddFolder(folder);
  const std::string name = BaseName(path);
  // A path that ends in a slash is a folder's, and is refused as one.
  const int file = name.empty() || name.find('\0') != std::string::npos
                       ? OpenRetrying(path, kFileFlags)
                       : openat(folder, name.c_str(), kFileFlags | O_CLOEXEC);
  if (file < 0) return SystemError(path, "open", errno);
  MACE_ASSIGN_OR_RETURN(files->main_, RandomAccessFile::FromDescriptor(path, file));
  return files;
}

void ContainedFiles::AddFolder(int descriptor) { folders_.push_back(descriptor); }

// The folder where the main file really lies, where that is another one. It is taken only if it
// holds that very file by its name.
void ContainedFiles::AddRealFolder() {
  if (has_real_folder_) return;
  has_real_folder_ = true;
  const std::string real = RealPath(main_->descriptor());
  if (real.empty()) return;
  ScopedDescriptor folder(OpenRetrying(DirectoryName(real), kFolderFlags));
  if (folder.get() < 0 || IsSameFile(folder.get(), folders_[0])) return;
  const ScopedDescriptor file(OpenBeneath(folder.get(), BaseName(real), kFileFlags));
  if (file.get() >= 0 && IsSameFile(file.get(), main_->descriptor())) AddFolder(folder.Release());
}

StatusOr<std::shared_ptr<const RandomAccessFile>> ContainedFiles::OpenNamed(
    const std::string& name) {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto known = opened_.find(name);
  if (known != opened_.end()) return known->second;
  if (LeavesByName(name)) return LeavesFolder();
  AddRealFolder();
  FileOrStatus file = OpenOnce(name);
  if (!file.ok()) return file.status();
  MACE_RETURN_IF_ERROR(Judge(**file));
  opened_[name] = *file;
  return file;
}

std::string ContainedFiles::PathOf(const std::string& name) const {
  return JoinPath(folder_name_, name);
}

ContainedFiles::FileOrStatus ContainedFiles::OpenOnce(const std::string& name) {
  if (RealPath(folders_[0]).empty()) return OpenBelow(folders_[0], name, name);
  // A file may be replaced by renaming between the two looks at it; then both looks are repeated.
  constexpr int kAttempts = 20;
  FileOrStatus file = LeavesFolder();
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    file = OpenFollowingLinks(name);
    if (file.ok() || file.status().code() != StatusCode::kCorruption) break;
  }
  return file;
}

// Finds out where the name leads, and opens that without following any link. What the name leads
// to is not opened for reading before it is judged.
ContainedFiles::FileOrStatus ContainedFiles::OpenFollowingLinks(const std::string& name) {
  const ScopedDescriptor target(openat(folders_[0], name.c_str(), O_PATH | O_CLOEXEC));
  if (target.get() < 0 && errno == ELOOP) {
    return InvalidArgument(PathOf(name) + ": expected a file, found links that lead in a circle");
  }
  if (target.get() < 0) return SystemError(PathOf(name), "open", errno);
  const std::string real = RealPath(target.get());
  for (int folder : folders_) {
    const std::string relative = Below(RealPath(folder), real);
    if (relative.empty()) continue;
    struct stat info = {};
    if (fstat(target.get(), &info) == 0 && !S_ISREG(info.st_mode)) {
      return InvalidArgument(PathOf(name) + ": is not a regular file");
    }
    FileOrStatus file = OpenBelow(folder, relative, name);
    if (file.ok() && IsSameFile((*file)->descriptor(), target.get())) return file;
    if (!file.ok() && file.status().code() == StatusCode::kIoError) return file;
    return Corruption(PathOf(name) + ": was replaced again and again while it was opened");
  }
  return LeavesFolder();
}

ContainedFiles::FileOrStatus ContainedFiles::OpenBelow(int folder, const std::string& relative,
                                                       const std::string& name) {
  const int descriptor = OpenBeneath(folder, relative, kFileFlags);
  if (descriptor < 0 && (errno == ELOOP || errno == EXDEV)) return LeavesFolder();
  if (descriptor < 0) return SystemError(PathOf(name), "open", errno);
  MACE_ASSIGN_OR_RETURN(std::unique_ptr<RandomAccessFile> file,
                        RandomAccessFile::FromDescriptor(PathOf(name), descriptor));
  return std::shared_ptr<const RandomAccessFile>(std::move(file));
}

Status ContainedFiles::Judge(const RandomAccessFile& file) const {
  if (file.names() <= 1 || main_->names() > 1) return Status::Ok();
  return InvalidArgument(file.path() + ": expected a file with one name, found one with " +
                         std::to_string(file.names()) +
                         " (hard links), which the model's own file does not have");
}

}  // namespace mace
