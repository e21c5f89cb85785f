#include "mace/engine/cache_options.h"

#include <fcntl.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mace/base/files.h"

namespace mace {
namespace {

StatusOr<std::vector<uint8_t>> ReadRange(const FileRange& range) {
  const std::string name = "cache by descriptor " + std::to_string(range.descriptor);
  const int own = fcntl(range.descriptor, F_DUPFD_CLOEXEC, 0);
  if (own < 0) return InvalidArgument(name + ": expected an open descriptor, found none");
  MACE_ASSIGN_OR_RETURN(const std::unique_ptr<RandomAccessFile> file,
                        RandomAccessFile::FromDescriptor(name, own));
  const uint64_t all = file->size();
  if (range.offset > all || range.size > all - range.offset) {
    return InvalidArgument(name + ": expected " + std::to_string(range.size) + " bytes at offset " +
                           std::to_string(range.offset) + ", found " + std::to_string(all) +
                           " in all");
  }
  std::vector<uint8_t> bytes(
      static_cast<size_t>(range.size == 0 ? all - range.offset : range.size));
  MACE_RETURN_IF_ERROR(file->ReadAt(range.offset, bytes));
  return bytes;
}

CachePlace OfVector(std::vector<uint8_t> bytes) {
  auto kept = std::make_shared<const std::vector<uint8_t>>(std::move(bytes));
  const Bytes whole(kept->data(), kept->size());
  return CachePlace::InMemory(whole, std::move(kept));
}

StatusOr<CachePlace> PlaceInMemory(const CompileOptions::Cache::Memory& memory) {
  if (memory.data == nullptr && memory.size > 0) {
    return InvalidArgument("cache in memory: expected the address of " +
                           std::to_string(memory.size) + " bytes, found a null pointer");
  }
  const auto* const data = static_cast<const uint8_t*>(memory.data);
  if (memory.owner == nullptr) return OfVector(std::vector<uint8_t>(data, data + memory.size));
  return CachePlace::InMemory(Bytes(data, memory.size), memory.owner);
}

StatusOr<CachePlace> PlaceInFile(const FileRange& range) {
  if (range.offset == 0 && range.size == 0) return CachePlace::OfDescriptor(range.descriptor);
  MACE_ASSIGN_OR_RETURN(std::vector<uint8_t> bytes, ReadRange(range));
  return OfVector(std::move(bytes));
}

}  // namespace

StatusOr<std::optional<CachePlace>> TakeCachePlace(CompileOptions::Cache* cache) {
  const FileRange file = std::exchange(cache->file, FileRange());
  const CompileOptions::Cache::Memory memory = std::exchange(cache->memory, {});
  const bool by_path = !cache->path.empty();
  const bool by_file = file.descriptor >= 0;
  const bool by_memory = memory.data != nullptr || memory.size > 0 || cache->in_memory;
  if (int{by_path} + int{by_file} + int{by_memory} > 1) {
    return InvalidArgument("cache: expected one of a path, a descriptor and memory, found " +
                           std::string(by_file && by_memory ? "a descriptor and memory"
                                       : by_file            ? "a path and a descriptor"
                                                            : "a path and memory"));
  }
  std::optional<CachePlace> place;
  if (by_path) place = CachePlace::OfPath(cache->path);
  if (by_file) {
    MACE_ASSIGN_OR_RETURN(place, PlaceInFile(file));
    if (file.offset > 0 || file.size > 0) cache->read_only = true;
  }
  if (by_memory) {
    MACE_ASSIGN_OR_RETURN(place, PlaceInMemory(memory));
  }
  return place;
}

}  // namespace mace
