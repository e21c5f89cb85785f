// A file as system calls name it: by a path, or by its name in a folder that is open.
//
// A path is resolved anew by each call, so two calls may see two folders where somebody renames one
// between them. Whoever has to lock, read and replace one file opens its folder once and names the
// file in that folder. Ownership: an OpenFolder closes its descriptor, and outlives what names files
// in it. Thread contract: const methods are thread-safe.
#ifndef MACE_BASE_FILE_IN_FOLDER_H_
#define MACE_BASE_FILE_IN_FOLDER_H_

#include <string>

#include "mace/base/status.h"

namespace mace {

struct FileInFolder {
  // The file at a path, which each call resolves. These are implicit, since most callers have a path.
  FileInFolder(const std::string& path);  // NOLINT
  FileInFolder(const char* path);         // NOLINT
  FileInFolder(int open_folder, std::string name_in_folder, std::string shown_path);

  // A file in the folder of this one, whose name is this name and `suffix`.
  FileInFolder WithSuffix(const std::string& suffix) const;
  // The part of `name` before its last slash and the slash itself; empty in an open folder.
  std::string FolderPart() const;

  int folder;        // For openat and its kin; AT_FDCWD with a path.
  std::string name;  // Relative to `folder`.
  std::string path;  // For messages.
};

class OpenFolder {
 public:
  // kNotFound or kIoError where the folder cannot be opened; the message names it.
  static StatusOr<OpenFolder> Open(const std::string& folder);
  ~OpenFolder();
  OpenFolder(OpenFolder&& other) noexcept;
  OpenFolder& operator=(OpenFolder&& other) noexcept;

  // The file that `path` names, by its last part, in this folder.
  FileInFolder File(const std::string& path) const;

 private:
  explicit OpenFolder(int descriptor) : descriptor_(descriptor) {}

  int descriptor_ = -1;
};

}  // namespace mace

#endif  // MACE_BASE_FILE_IN_FOLDER_H_
