#include "mace/base/file_size_signal.h"

#include <pthread.h>
#include <time.h>

#include <cerrno>

namespace mace {
namespace {

sigset_t TheSignal() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGXFSZ);
  return set;
}

}  // namespace

FileSizeSignalBlock::FileSizeSignalBlock() {
  const sigset_t set = TheSignal();
  pthread_sigmask(SIG_BLOCK, &set, &mask_);
  sigset_t pending;
  if (sigpending(&pending) == 0) was_pending_ = sigismember(&pending, SIGXFSZ) == 1;
}

FileSizeSignalBlock::~FileSizeSignalBlock() {
  const sigset_t set = TheSignal();
  const struct timespec no_wait = {0, 0};
  while (!was_pending_ && sigtimedwait(&set, nullptr, &no_wait) < 0 && errno == EINTR) {
  }
  pthread_sigmask(SIG_SETMASK, &mask_, nullptr);
}

}  // namespace mace
