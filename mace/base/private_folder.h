// A folder that this process and its children alone use, in a folder that everyone may use, such as
// /tmp. The folder goes with the last process that uses it. A process that is killed leaves its
// folder behind; the next process that calls RemoveAbandonedFolders removes it.
//
// Each process that uses such a folder holds a shared flock on the folder itself, which the system
// releases however the process ends. Only a process that gets the exclusive flock may remove the
// folder, so a folder in use is never removed, not even from another process namespace. Where a
// file system knows no flock, nothing is removed. Errors: kFailedPrecondition for a base folder
// that other users could exchange, kNotFound for a folder that is none of ours, else kIoError.
// Thread contract: thread-compatible.
#ifndef MACE_BASE_PRIVATE_FOLDER_H_
#define MACE_BASE_PRIVATE_FOLDER_H_

#include <string>

#include "mace/base/status.h"

namespace mace {

class PrivateFolder {
 public:
  // Makes a new folder in `base`, with mode 0700 and a name of `prefix` and a random name
  // (random_name.h).
  static StatusOr<PrivateFolder> Make(const std::string& base, const std::string& prefix);
  // Takes part in a folder that another process of this user made so and still uses: a parent that
  // named the folder to this process.
  static StatusOr<PrivateFolder> Join(const std::string& path, const std::string& prefix);

  // Removes the folder unless another process uses it.
  ~PrivateFolder();
  PrivateFolder(PrivateFolder&& other) noexcept;
  PrivateFolder& operator=(PrivateFolder&& other) noexcept;

  const std::string& path() const { return path_; }

 private:
  PrivateFolder(std::string path, int descriptor) : path_(std::move(path)), fd_(descriptor) {}

  std::string path_;
  int fd_ = -1;  // The open folder; carries the shared flock.
};

// Removes the folders in `base` that this user's processes made with `prefix` and no process uses
// any more. Everything else stays: what has another name, another owner or another mode, and links.
void RemoveAbandonedFolders(const std::string& base, const std::string& prefix);

}  // namespace mace

#endif  // MACE_BASE_PRIVATE_FOLDER_H_
