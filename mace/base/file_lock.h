// A lock between processes, over a file.
//
// Errors: kIoError and kInvalidArgument, the message names the path. Thread contract:
// thread-compatible.
#ifndef MACE_BASE_FILE_LOCK_H_
#define MACE_BASE_FILE_LOCK_H_

#include <string>

#include "mace/base/status.h"

namespace mace {

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

}  // namespace mace

#endif  // MACE_BASE_FILE_LOCK_H_
