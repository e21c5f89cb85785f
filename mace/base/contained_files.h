// A file that a user names, and the files beside it that its content names: a model and the files
// of its weights. The content is not trusted, so a name in it must not reach any other file.
//
// The rule. A file that is named by content is opened only if
//  * its name is relative, has no component ".." and no NUL;
//  * it lies beneath the folder that the user's path names, or beneath the folder where the file
//    that the path leads to really lies. Links in the name are followed, and it is the file that
//    they lead to that must lie there. A model may therefore be a link into a folder of blobs, and
//    its weights links into the same folder, as model hubs lay them out;
//  * it is a regular file;
//  * it has one name only (no hard links), or the user's file has several names too, as where a
//    whole folder was copied by hard links: of a file with several names nobody can tell where it
//    belongs.
// Files are opened by descriptor beneath the two folders (open_beneath.h), which are opened once:
// links and folders that are swapped meanwhile lead to no other place. Where /proc is not mounted
// no links are followed.
//
// Errors: kInvalidArgument for a name that the rule refuses, kNotFound for a missing file, else as
// files.h. Thread contract: thread-safe.
#ifndef MACE_BASE_CONTAINED_FILES_H_
#define MACE_BASE_CONTAINED_FILES_H_

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "mace/base/files.h"
#include "mace/base/status.h"

namespace mace {

class ContainedFiles {
 public:
  // `path` is the user's: links in it are followed, wherever they lead.
  static StatusOr<std::shared_ptr<ContainedFiles>> Open(const std::string& path);
  ~ContainedFiles();
  ContainedFiles(const ContainedFiles&) = delete;
  ContainedFiles& operator=(const ContainedFiles&) = delete;

  const std::shared_ptr<const RandomAccessFile>& main() const { return main_; }
  // A file that the content of the main file names. Each is opened once: a later call gives the
  // same open file, whatever the name leads to by then.
  StatusOr<std::shared_ptr<const RandomAccessFile>> OpenNamed(const std::string& name);

 private:
  using FileOrStatus = StatusOr<std::shared_ptr<const RandomAccessFile>>;

  ContainedFiles() = default;
  void AddFolder(int descriptor);
  void AddRealFolder();
  FileOrStatus OpenOnce(const std::string& name);
  FileOrStatus OpenFollowingLinks(const std::string& name);
  FileOrStatus OpenBelow(int folder, const std::string& relative, const std::string& name);
  Status Judge(const RandomAccessFile& file) const;
  // The path, for messages, and to open the file again.
  std::string PathOf(const std::string& name) const;

  std::string folder_name_;
  std::shared_ptr<const RandomAccessFile> main_;
  std::vector<int> folders_;  // Descriptors: of the path's folder, and of the main file's own.
  std::mutex mutex_;
  bool has_real_folder_ = false;
  std::map<std::string, std::shared_ptr<const RandomAccessFile>> opened_;
};

}  // namespace mace

#endif  // MACE_BASE_CONTAINED_FILES_H_
