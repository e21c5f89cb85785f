#include "mace/base/mapped_file.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <map>
#include <mutex>

#include "mace/base/file_calls.h"
#include "mace/base/files.h"

namespace mace {
namespace {

// The files that are mapped, by their first byte.
struct MappedRanges {
  std::mutex mutex;
  std::map<const uint8_t*, size_t> sizes;
};

MappedRanges& Mapped() {
  static MappedRanges* const ranges = new MappedRanges;
  return *ranges;
}

}  // namespace

void ReleaseMappedPages(Bytes part) {
  const uintptr_t page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const uintptr_t first = (reinterpret_cast<uintptr_t>(part.data()) + page - 1) / page * page;
  const uintptr_t end = reinterpret_cast<uintptr_t>(part.data() + part.size()) / page * page;
  if (end <= first) return;
  MappedRanges& ranges = Mapped();
  std::lock_guard<std::mutex> lock(ranges.mutex);
  auto found = ranges.sizes.upper_bound(part.data());
  if (found == ranges.sizes.begin()) return;
  --found;
  if (part.data() + part.size() > found->first + found->second) return;
  // A wish: what fails costs memory alone.
  madvise(reinterpret_cast<void*>(first), end - first, MADV_DONTNEED);
}

StatusOr<std::shared_ptr<const MappedFile>> MappedFile::Open(const std::string& path) {
  MACE_ASSIGN_OR_RETURN(auto file, RandomAccessFile::Open(path));
  std::shared_ptr<MappedFile> mapped(new MappedFile);
  const size_t size = static_cast<size_t>(file->size());
  if (size > 0) {
    void* address = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file->fd_, 0);
    if (address == MAP_FAILED) return SystemError(path, "mmap", errno);
    mapped->bytes_ = Bytes(static_cast<const uint8_t*>(address), size);
    std::lock_guard<std::mutex> lock(Mapped().mutex);
    Mapped().sizes[mapped->bytes_.data()] = size;
  }
  return std::shared_ptr<const MappedFile>(std::move(mapped));
}

MappedFile::~MappedFile() {
  if (bytes_.empty()) return;
  std::lock_guard<std::mutex> lock(Mapped().mutex);
  Mapped().sizes.erase(bytes_.data());
  munmap(const_cast<uint8_t*>(bytes_.data()), bytes_.size());
}

}  // namespace mace
