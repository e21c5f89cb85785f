// How much memory this process can still get from its system.
#ifndef MACE_BASE_SYSTEM_MEMORY_H_
#define MACE_BASE_SYSTEM_MEMORY_H_

#include <cstdint>
#include <string>

namespace mace {

// The folders in which the system tells about memory; tests name folders of their own.
struct MemorySources {
  std::string proc = "/proc";
  std::string cgroups = "/sys/fs/cgroup";
};

// The least of three, in bytes: the machine's available memory (MemAvailable: free memory and the
// caches that the system would give up), what the limits of the process's memory cgroup and of the
// groups above it leave (versions 1 and 2; the group's file caches count as free), and what
// RLIMIT_AS leaves of address space. UINT64_MAX where the system tells none of them.
// Thread contract: thread-safe.
uint64_t AvailableHostMemory(const MemorySources& sources = MemorySources());

// What tensors may take where nobody sets a limit: AvailableHostMemory less a sixteenth, which is
// left to what is not counted: the driver's own memory, programs, the graph, stacks.
uint64_t DefaultHostMemoryLimit();

}  // namespace mace

#endif  // MACE_BASE_SYSTEM_MEMORY_H_
