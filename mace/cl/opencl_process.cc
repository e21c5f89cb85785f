#include "mace/cl/opencl_process.h"

#include <unistd.h>

#include <atomic>
#include <string>

namespace mace {
namespace {

// The process that made the first call; 0: there was none.
std::atomic<pid_t> g_user{0};

}  // namespace

void NoteOpenClUse() {
  pid_t nobody = 0;
  g_user.compare_exchange_strong(nobody, getpid());
}

bool OpenClIsOfParentProcess() {
  const pid_t user = g_user.load(std::memory_order_relaxed);
  return user != 0 && user != getpid();
}

Status CheckOpenClProcess() {
  if (!OpenClIsOfParentProcess()) return Status();
  return FailedPrecondition(
      "OpenCL: process " + std::to_string(getpid()) + " was forked from process " +
      std::to_string(g_user.load()) +
      " after that one had used OpenCL, whose drivers do not survive a fork: fork before the first "
      "engine is made, start the child by exec, or use the device \"cpu\" in it");
}

}  // namespace mace
