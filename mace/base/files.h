// Files, as an engine that must survive bad ones needs them: bounded reads, durable replacement,
// locks, mappings.
//
// Ownership: handles close themselves. Errors: the message names the path and strerror's text;
// kNotFound when there is no such file, kInvalidArgument when it is no regular file or above a
// limit, kCorruption when it ends early, else kIoError. Thread contract: functions and const
// methods are thread-safe; the rest is thread-compatible.
#ifndef MACE_BASE_FILES_H_
#define MACE_BASE_FILES_H_

#include <cstddef>
#include <cstdint>
#include <functional>
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

// Appends to the file being written.
using FileSink = std::function<Status(Bytes)>;

// Puts a whole new file at `path`, or leaves what was there: temporary file in the same folder,
// fsync, rename, fsync of the folder. A link at `path` is replaced, not followed. The file gets
// `mode` less the process's umask. On failure the temporary file is removed and the Status says
// why.
Status WriteFileAtomic(const std::string& path, const std::function<Status(const FileSink&)>& write,
                       uint32_t mode = 0644);
Status WriteFileAtomic(const std::string& path, Span<const Bytes> pieces, uint32_t mode = 0644);
Status WriteFileAtomic(const std::string& path, Bytes content, uint32_t mode = 0644);

// Removes temporary files that killed writers of `path` left. REQUIRES: no other writer is at work
// (hold its lock).
void RemoveStaleTemporaries(const std::string& path);

// An exclusive lock between processes (and between holders in one process) by flock on a file that
// is created where it is missing and never removed. Released by the destructor, or by the system
// when the process ends.
class FileLock {
 public:
  // kIoError when another holder keeps it for longer than `wait_milliseconds`.
  static StatusOr<FileLock> Acquire(const std::string& path, int wait_milliseconds);
  ~FileLock();
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;

 private:
  explicit FileLock(int descriptor) : fd_(descriptor) {}
  int fd_ = -1;
};

// A regular file mapped read-only. Only for files that nobody cuts short while they are in use
// (model weights): reading past a new end kills the process.
class MappedFile {
 public:
  static StatusOr<std::shared_ptr<const MappedFile>> Open(const std::string& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  // Valid as long as this object lives; empty for an empty file.
  Bytes bytes() const { return bytes_; }

 private:
  MappedFile() = default;
  Bytes bytes_;
};

// Gives the memory of whole pages back to the system where they are of a MappedFile; they are read
// from the file again when they are next touched. Other memory is left alone. Thread-safe.
void ReleaseMappedPages(Bytes part);

// Creates `path` and its parents; those that exist are left as they are.
Status MakeDirectories(const std::string& path, uint32_t mode = 0755);

bool FileExists(const std::string& path);  // Of any kind; a broken link does not exist.

// "folder/name"; `name` alone when it is absolute or `folder` is empty.
std::string JoinPath(std::string_view folder, std::string_view name);
// "a/b" of "a/b/c", "." of "c", "/" of "/c".
std::string DirectoryName(std::string_view path);

}  // namespace mace

#endif  // MACE_BASE_FILES_H_
