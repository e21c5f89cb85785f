// A file's bytes as memory.
//
// Errors: as files.h. Thread contract: thread-safe.
#ifndef MACE_BASE_MAPPED_FILE_H_
#define MACE_BASE_MAPPED_FILE_H_

#include <memory>
#include <string>

#include "mace/base/span.h"
#include "mace/base/status.h"

namespace mace {

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

}  // namespace mace

#endif  // MACE_BASE_MAPPED_FILE_H_
