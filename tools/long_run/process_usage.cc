#include "tools/long_run/process_usage.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

namespace long_run {

mace::StatusOr<ProcessUsage> ReadProcessUsage() {
  ProcessUsage usage;
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (word == "VmRSS:") {
      status >> usage.resident_bytes;
      usage.resident_bytes *= 1024;  // The file tells KiB.
    } else if (word == "Threads:") {
      status >> usage.threads;
    }
  }
  if (usage.resident_bytes == 0 || usage.threads == 0) {
    return mace::IoError("/proc/self/status: expected VmRSS and Threads, found none");
  }
  std::error_code error;
  const std::filesystem::directory_iterator files("/proc/self/fd", error);
  if (error) return mace::IoError("/proc/self/fd: " + error.message());
  for (const auto& file : files) {
    static_cast<void>(file);
    ++usage.open_files;
  }
  --usage.open_files;  // The one that lists them.
  return usage;
}

}  // namespace long_run
