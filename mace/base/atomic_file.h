// Writing a whole new file so that what was there before is never half replaced.
//
// A temporary file lies beside the file while it is written. Its name is that of the file, ".tmp."
// and a random name (random_name.h), so that nobody can guess it and put something in its place. A
// file that passes the process's limit of file size is an error, as a full disk is
// (file_size_signal.h). Errors: kIoError, the message names the path and strerror's text. Thread
// contract: thread-safe.
#ifndef MACE_BASE_ATOMIC_FILE_H_
#define MACE_BASE_ATOMIC_FILE_H_

#include <cstdint>
#include <functional>
#include <string>

#include "mace/base/file_in_folder.h"
#include "mace/base/span.h"
#include "mace/base/status.h"

namespace mace {

// Appends to the file being written.
using FileSink = std::function<Status(Bytes)>;

// Puts a whole new file at a path, or leaves what was there: temporary file in the same folder,
// fsync, rename, fsync of the folder. A link at the path is replaced, not followed. The file gets
// `mode` less the process's umask. On failure the temporary file is removed and the Status says
// why.
Status WriteFileAtomic(const FileInFolder& file,
                       const std::function<Status(const FileSink&)>& write, uint32_t mode = 0644);
Status WriteFileAtomic(const FileInFolder& file, Span<const Bytes> pieces, uint32_t mode = 0644);
Status WriteFileAtomic(const FileInFolder& file, Bytes content, uint32_t mode = 0644);

// The owner of a file and its permissions.
struct FileOwnership {
  uint32_t mode = 0600;  // Permission bits; the umask takes nothing away.
  uint32_t user = 0;
  uint32_t group = 0;
};

// WriteFileAtomic for a file that several users share: the new file gets this ownership, as far as
// this process may give files away.
Status WriteSharedFileAtomic(const FileInFolder& file, Span<const Bytes> pieces,
                             const FileOwnership& ownership);

// Removes temporary files that killed writers of `file` left: regular files of this user's with
// such a name, and nothing else. REQUIRES: no other writer is at work (hold its lock).
void RemoveStaleTemporaries(const FileInFolder& file);

}  // namespace mace

#endif  // MACE_BASE_ATOMIC_FILE_H_
