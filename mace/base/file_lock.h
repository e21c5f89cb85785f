// A lock between processes, over a file.
//
// Anybody who can open a file can flock it. A lock file must therefore be closed to all users who
// may not write what it guards: it is made with mode 0600, and a lock file that another user made,
// or that is open to others, is neither waited for nor taken. Errors: kIoError, kInvalidArgument
// for what is no regular file, kFailedPrecondition for a lock file that others could hold; the
// message names the path. Thread contract: Acquire and the functions about waiting are thread-safe,
// the rest is thread-compatible.
#ifndef MACE_BASE_FILE_LOCK_H_
#define MACE_BASE_FILE_LOCK_H_

#include <cstdint>
#include <optional>
#include <string>

#include "mace/base/file_in_folder.h"
#include "mace/base/status.h"

namespace mace {

// How long this process may still wait for locks, all of its locks together; a second at first.
int LockWaitLeftMilliseconds();
void SetLockWaitLeftMilliseconds(int milliseconds);

// Who may hold a lock besides this user.
struct LockSharing {
  uint32_t mode = 0600;           // Permission bits of the lock file, at most.
  std::optional<uint32_t> owner;  // Another user whose lock file is taken too.
};

// An exclusive lock between processes (and between holders in one process) by flock on a file that
// is created where it is missing and never removed. Released by the destructor, or by the system
// when the process ends.
class FileLock {
 public:
  // kIoError when another holder keeps the lock for longer than `wait_milliseconds`, or than this
  // process may still wait.
  static StatusOr<FileLock> Acquire(const FileInFolder& file, int wait_milliseconds,
                                    const LockSharing& sharing = {});
  ~FileLock();
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;

 private:
  explicit FileLock(int descriptor) : fd_(descriptor) {}
  int fd_ = -1;
};

}  // namespace mace

#endif  // MACE_BASE_FILE_LOCK_H_
