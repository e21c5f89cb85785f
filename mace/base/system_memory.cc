#include "mace/base/system_memory.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <vector>

#include "mace/base/strings.h"

namespace mace {
namespace {

constexpr uint64_t kNoLimit = UINT64_MAX;

// A file that the kernel writes while it is read: its size is not known before. Empty where it
// cannot be read.
std::string ReadKernelFile(const std::string& path) {
  constexpr size_t kMax = 1 << 16;
  std::string text;
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return text;
  char part[4096];
  while (text.size() < kMax) {
    const ssize_t count = read(file, part, sizeof(part));
    if (count <= 0) break;
    text.append(part, static_cast<size_t>(count));
  }
  close(file);
  return text;
}

// The number at the beginning of the text, after blanks.
std::optional<uint64_t> LeadingNumber(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return std::nullopt;
  uint64_t number = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data() + begin, last, number);
  if (error != std::errc() || end == text.data() + begin) return std::nullopt;
  return number;
}

// The number after `key` in the line that begins with it: "MemAvailable:   123 kB".
std::optional<uint64_t> NumberAfter(const std::string& text, std::string_view key) {
  for (const std::string& line : Split(text, '\n')) {
    if (StartsWith(line, key)) return LeadingNumber(std::string_view(line).substr(key.size()));
  }
  return std::nullopt;
}

uint64_t Difference(uint64_t whole, uint64_t used) { return whole > used ? whole - used : 0; }

uint64_t MachineMemory(const MemorySources& sources) {
  const std::string text = ReadKernelFile(sources.proc + "/meminfo");
  const std::optional<uint64_t> kilobytes = NumberAfter(text, "MemAvailable:");
  return kilobytes.has_value() ? *kilobytes * 1024 : kNoLimit;
}

// The names of a version's files.
struct CgroupFiles {
  const char* limit;
  const char* usage;
  const char* cache;  // A line of memory.stat.
};
constexpr CgroupFiles kVersion1 = {"memory.limit_in_bytes", "memory.usage_in_bytes",
                                   "total_inactive_file "};
constexpr CgroupFiles kVersion2 = {"memory.max", "memory.current", "inactive_file "};

// The bytes that the group in this folder leaves.
uint64_t GroupLeaves(const std::string& folder, const CgroupFiles& files) {
  const std::optional<uint64_t> limit = LeadingNumber(ReadKernelFile(folder + "/" + files.limit));
  // No such file; or no limit, which is "max" in version 2, and the largest whole page in version 1.
  constexpr uint64_t kUnlimited = uint64_t{1} << 62;
  if (!limit.has_value() || *limit >= kUnlimited) return kNoLimit;
  const uint64_t usage = LeadingNumber(ReadKernelFile(folder + "/" + files.usage)).value_or(0);
  const uint64_t cache =
      NumberAfter(ReadKernelFile(folder + "/memory.stat"), files.cache).value_or(0);
  return Difference(*limit, Difference(usage, cache));
}

// The bytes that a group and the groups above it leave. Within a container the path may be the
// host's, of which only the root of `mount` is visible; the walk upwards ends there.
uint64_t GroupsLeave(const std::string& mount, std::string path, const CgroupFiles& files) {
  uint64_t least = kNoLimit;
  while (true) {
    least = std::min(least, GroupLeaves(mount + path, files));
    const size_t slash = path.rfind('/');
    if (path.empty() || slash == std::string::npos) return least;
    path.resize(slash);
  }
}

// The lines of /proc/self/cgroup are "NUMBER:CONTROLLERS:PATH"; version 2 has no controllers there.
uint64_t CgroupMemory(const MemorySources& sources) {
  uint64_t least = kNoLimit;
  for (const std::string& line : Split(ReadKernelFile(sources.proc + "/self/cgroup"), '\n')) {
    const size_t first = line.find(':');
    if (first == std::string::npos) continue;
    const size_t second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string path = line.substr(second + 1);
    if (controllers.empty()) {
      least = std::min(least, GroupsLeave(sources.cgroups, path, kVersion2));
      continue;
    }
    const std::vector<std::string> names = Split(controllers, ',');
    if (std::find(names.begin(), names.end(), "memory") != names.end()) {
      least = std::min(least, GroupsLeave(sources.cgroups + "/memory", path, kVersion1));
    }
  }
  return least;
}

uint64_t AddressSpace(const MemorySources& sources) {
  rlimit limit = {};
  if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return kNoLimit;
  const std::optional<uint64_t> pages = LeadingNumber(ReadKernelFile(sources.proc + "/self/statm"));
  const auto page_bytes = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  return Difference(limit.rlim_cur, pages.value_or(0) * page_bytes);
}

}  // namespace

uint64_t AvailableHostMemory(const MemorySources& sources) {
  return std::min({MachineMemory(sources), CgroupMemory(sources), AddressSpace(sources)});
}

uint64_t DefaultHostMemoryLimit() {
  const uint64_t available = AvailableHostMemory();
  return available - available / 16;
}

}  // namespace mace
