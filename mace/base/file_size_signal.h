// A write beyond the process's limit of file size (ulimit -f) is an error like a full disk. The
// system also sends SIGXFSZ to the thread that writes, which ends a process that does nothing about
// the signal; a library may not change what the process does about signals.
#ifndef MACE_BASE_FILE_SIZE_SIGNAL_H_
#define MACE_BASE_FILE_SIZE_SIGNAL_H_

#include <signal.h>

namespace mace {

// While the object lives, a write beyond the limit on this thread fails with EFBIG and has no other
// effect. The process's own handling of the signal stays as it is. REQUIRES: made and destroyed on
// one thread.
class FileSizeSignalBlock {
 public:
  FileSizeSignalBlock();
  ~FileSizeSignalBlock();
  FileSizeSignalBlock(const FileSizeSignalBlock&) = delete;
  FileSizeSignalBlock& operator=(const FileSizeSignalBlock&) = delete;

 private:
  sigset_t mask_;            // The thread's mask before.
  bool was_pending_ = true;  // A signal from before is not ours to take away.
};

}  // namespace mace

#endif  // MACE_BASE_FILE_SIZE_SIGNAL_H_
