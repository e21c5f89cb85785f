// What this process takes of the machine, from Linux's /proc/self.
//
// Thread contract: thread-safe.
#ifndef TOOLS_LONG_RUN_PROCESS_USAGE_H_
#define TOOLS_LONG_RUN_PROCESS_USAGE_H_

#include <cstdint>

#include "mace/base/status.h"

namespace long_run {

struct ProcessUsage {
  uint64_t resident_bytes = 0;  // Memory that is in RAM now: VmRSS.
  uint64_t threads = 0;
  uint64_t open_files = 0;  // Descriptors of any kind.
};

// kIoError if /proc/self does not tell.
mace::StatusOr<ProcessUsage> ReadProcessUsage();

}  // namespace long_run

#endif  // TOOLS_LONG_RUN_PROCESS_USAGE_H_
