// Files, as an engine that must survive bad ones needs them: bounded reads, folders, names. How
// files are written, locked and mapped stands in atomic_file.h, file_lock.h and mapped_file.h.
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

#include "mace/base/span.h"
#include "mace/base/status.h"

namespace mace {

// A regular file open for reading at any offset. Opening never blocks: a FIFO, a device or a
// directory is refused.
class RandomAccessFile {
 public:
  static StatusOr<std::unique_ptr<RandomAccessFile>> Open(const std::string& path);
  ~RandomAccessFile();
  RandomAccessFile(const RandomAccessFile&) = delete;
  RandomAccessFile& operator=(const RandomAccessFile&) = delete;

  // Fills all of `out` from `offset`; kCorruption when the file ends before.
  Status ReadAt(uint64_t offset, MutableBytes out) const;

  // As they were when the file was opened; of the target where the path is a link.
  uint64_t size() const { return size_; }
  uint32_t owner() const { return owner_; }  // User id.
  uint32_t mode() const { return mode_; }    // Permission bits: mode & 07777.
  const std::string& path() const { return path_; }

 private:
  RandomAccessFile(std::string path, int descriptor) : path_(std::move(path)), fd_(descriptor) {}

  std::string path_;
  int fd_;
  uint64_t size_ = 0;
  uint32_t owner_ = 0;
  uint32_t mode_ = 0;
  friend class MappedFile;
};

// The whole of a regular file; kInvalidArgument when it is larger than `limit` bytes.
StatusOr<std::string> ReadFile(const std::string& path, size_t limit);

// Creates `path` and its parents; those that exist are left as they are.
Status MakeDirectories(const std::string& path, uint32_t mode = 0755);

bool FileExists(const std::string& path);  // Of any kind; a broken link does not exist.

// "folder/name"; `name` alone when it is absolute or `folder` is empty.
std::string JoinPath(std::string_view folder, std::string_view name);
// "a/b" of "a/b/c", "." of "c", "/" of "/c".
std::string DirectoryName(std::string_view path);

}  // namespace mace

#endif  // MACE_BASE_FILES_H_
