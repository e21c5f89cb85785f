// Files, as an engine that must survive bad ones needs them: bounded reads, folders, names. How
// files are written and locked stands in atomic_file.h and file_lock.h, which files a file may name
// in contained_files.h, and how large parts of a file are kept in memory in file_block.h.
//
// Ownership: handles close themselves. Errors: the message names the path and strerror's text;
// kNotFound when there is no such file, kInvalidArgument when it is no regular file or above a
// limit, kCorruption when it ends early, else kIoError. Thread contract: functions and const
// methods are thread-safe; the rest is thread-compatible.
#ifndef MACE_BASE_FILES_H_
#define MACE_BASE_FILES_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "mace/base/file_in_folder.h"
#include "mace/base/span.h"
#include "mace/base/status.h"

namespace mace {

// A regular file open for reading at any offset. Opening never blocks: a FIFO, a device or a
// directory is refused.
class RandomAccessFile {
 public:
  static StatusOr<std::unique_ptr<RandomAccessFile>> Open(const FileInFolder& file);
  // Takes over a descriptor that is open for reading; the descriptor is closed with the file, or at
  // once where it is refused. `path` stands in messages.
  static StatusOr<std::unique_ptr<RandomAccessFile>> FromDescriptor(const std::string& path,
                                                                    int descriptor);
  ~RandomAccessFile();
  RandomAccessFile(const RandomAccessFile&) = delete;
  RandomAccessFile& operator=(const RandomAccessFile&) = delete;

  // Fills all of `out` from `offset`; kCorruption when the file ends before.
  Status ReadAt(uint64_t offset, MutableBytes out) const;

  // The facts of the file when it was opened; where the path is a link, those of its target.
  uint64_t size() const { return size_; }
  uint32_t owner() const { return owner_; }  // User id.
  uint32_t mode() const { return mode_; }    // Permission bits: mode & 07777.
  uint64_t names() const { return names_; }  // Hard links.
  const std::string& path() const { return path_; }
  int descriptor() const { return fd_; }

  // kCorruption where the file has another size, or another time of its last change, than when it
  // was opened.
  Status CheckUnchanged() const;

 private:
  RandomAccessFile(std::string path, int descriptor) : path_(std::move(path)), fd_(descriptor) {}

  std::string path_;
  int fd_;
  uint64_t size_ = 0;
  uint32_t owner_ = 0;
  uint32_t mode_ = 0;
  uint64_t names_ = 0;
  int64_t changed_seconds_ = 0;  // st_mtim.
  int64_t changed_nanoseconds_ = 0;
};

// The whole of a regular file; kInvalidArgument when it is larger than `limit` bytes.
StatusOr<std::string> ReadFile(const std::string& path, size_t limit);

// Creates `path` and its parents; those that exist are left as they are.
Status MakeDirectories(const std::string& path, uint32_t mode = 0755);

bool FileExists(const std::string& path);  // A file of any kind; a broken link does not exist.

// "folder/name"; `name` alone when it is absolute or `folder` is empty.
std::string JoinPath(std::string_view folder, std::string_view name);
// "a/b" of "a/b/c", "." of "c", "/" of "/c".
std::string DirectoryName(std::string_view path);

}  // namespace mace

#endif  // MACE_BASE_FILES_H_
