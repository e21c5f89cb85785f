#include "mace/base/file_memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "mace/base/catch_exhaustion.h"
#include "mace/base/divide.h"

namespace mace {
namespace {

constexpr size_t kChunk = FileMemory::kChunkBytes;

// The chunks that have a byte of the part, for a loop.
class ChunksOf {
 public:
  ChunksOf(uint64_t offset, size_t size)
      : begin_{static_cast<size_t>(offset / kChunk)},
        end_{static_cast<size_t>((offset + size - 1) / kChunk) + 1} {}
  struct Iterator {
    size_t index;
    size_t operator*() const { return index; }
    void operator++() { ++index; }
    bool operator!=(const Iterator& other) const { return index != other.index; }
  };
  Iterator begin() const { return begin_; }
  Iterator end() const { return end_; }

 private:
  const Iterator begin_, end_;
};

// New pages that nobody may touch take the place of the old ones: what reads them is found at
// once, where zeros would be taken for weights. False where the system has no more areas of memory
// for this process: then the bytes stay.
bool Unmap(uint8_t* chunk) {
  return mmap(chunk, kChunk, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1,
              0) != MAP_FAILED;
}

// All of them, by their first byte.
struct MemoryRegistry {
  std::mutex mutex;
  std::map<const uint8_t*, FileMemory*> memories;
};

MemoryRegistry& TheRegistry() {
  static MemoryRegistry* const registry = new MemoryRegistry;
  return *registry;
}

}  // namespace

FileMemory::FileMemory(std::shared_ptr<const RandomAccessFile> file)
    : file_(std::move(file)), budget_(ScopedMemoryBudget::Current()) {}

StatusOr<std::shared_ptr<FileMemory>> FileMemory::Reserve(
    std::shared_ptr<const RandomAccessFile> file) {
  std::shared_ptr<FileMemory> memory(new FileMemory(std::move(file)));
  MACE_RETURN_IF_ERROR(memory->ReserveAddresses());
  MemoryRegistry& registry = TheRegistry();
  std::lock_guard<std::mutex> lock(registry.mutex);
  registry.memories[memory->start_] = memory.get();
  return memory;
}

FileMemory::~FileMemory() {
  if (reserved_ == nullptr) return;
  {
    MemoryRegistry& registry = TheRegistry();
    std::lock_guard<std::mutex> lock(registry.mutex);
    registry.memories.erase(start_);
  }
  if (budget_ != nullptr) {
    for (const auto& [index, chunk] : chunks_) {
      if (chunk.is_loaded) budget_->Release(BytesOf(index));
    }
  }
  munmap(reserved_, reserved_size_);
}

Status FileMemory::ReserveAddresses() {
  const uint64_t size = file_->size();
  if (size == 0) return Corruption(file_->path() + ": expected bytes, found an empty file");
  if (size > std::numeric_limits<size_t>::max() / 2) {
    return ResourceExhausted(file_->path() + ": " + std::to_string(size) +
                             " bytes are more than there can be");
  }
  reserved_size_ = AlignUp(static_cast<size_t>(size), kChunk);
  void* const reserved =
      mmap(nullptr, reserved_size_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (reserved == MAP_FAILED) {
    return ResourceExhausted(file_->path() + ": no addresses for " + std::to_string(size) +
                             " bytes");
  }
  reserved_ = reserved;
  start_ = static_cast<uint8_t*>(reserved);
  return Status::Ok();
}

std::shared_ptr<FileMemory> FileMemory::Find(Bytes part) {
  MemoryRegistry& registry = TheRegistry();
  std::lock_guard<std::mutex> lock(registry.mutex);
  auto found = registry.memories.upper_bound(part.data());
  if (found == registry.memories.begin()) return nullptr;
  --found;
  FileMemory& memory = *found->second;
  if (memory.offset(part.data()) >= memory.file_->size()) return nullptr;
  return memory.weak_from_this().lock();
}

FileMemory::Chunk& FileMemory::ChunkOf(size_t index) const {
  std::lock_guard<std::mutex> lock(mutex_);
  return chunks_[index];
}

size_t FileMemory::BytesOf(size_t index) const {
  const uint64_t begin = uint64_t{index} * kChunk;
  return static_cast<size_t>(std::min<uint64_t>(kChunk, file_->size() - begin));
}

void FileMemory::Add(uint64_t offset, size_t size) {
  // First what may need memory, so that all is added or nothing.
  for (const size_t index : ChunksOf(offset, size)) ChunkOf(index);
  for (const size_t index : ChunksOf(offset, size)) {
    Chunk& chunk = ChunkOf(index);
    std::lock_guard<std::mutex> lock(chunk.mutex);
    ++chunk.needs;
  }
}

void FileMemory::Remove(uint64_t offset, size_t size) {
  for (const size_t index : ChunksOf(offset, size)) {
    Chunk& chunk = ChunkOf(index);
    std::lock_guard<std::mutex> lock(chunk.mutex);
    --chunk.needs;
    GiveBackIfUnneeded(index, &chunk);
  }
}

Status FileMemory::Load(uint64_t offset, size_t size) {
  for (const size_t index : ChunksOf(offset, size)) MACE_RETURN_IF_ERROR(LoadChunk(index));
  return Status::Ok();
}

void FileMemory::Touch(uint64_t offset, size_t size) noexcept {
  Status status = CatchExhaustion([&] { return Load(offset, size); });
  if (status.ok()) return;
  ShowZeros(offset, size);
  std::lock_guard<std::mutex> lock(mutex_);
  last_error_ = std::move(status);
  ++failed_touches_;
}

Status FileMemory::last_error() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return last_error_;
}

bool FileMemory::Holds(uint64_t offset, size_t size) const {
  for (const size_t index : ChunksOf(offset, size)) {
    Chunk& chunk = ChunkOf(index);
    std::lock_guard<std::mutex> lock(chunk.mutex);
    if (!chunk.is_loaded) return false;
  }
  return true;
}

Status FileMemory::LoadChunk(size_t index) {
  Chunk& chunk = ChunkOf(index);
  std::lock_guard<std::mutex> lock(chunk.mutex);
  if (chunk.is_loaded) return Status::Ok();
  MACE_RETURN_IF_ERROR(GetPages(index));
  chunk.is_loaded = true;
  Status status =
      ReadInto(uint64_t{index} * kChunk, MutableBytes(AddressOf(index), BytesOf(index)));
  if (status.ok()) return status;
  chunk.is_loaded = false;
  if (!chunk.shows_zeros) Unmap(AddressOf(index));
  if (budget_ != nullptr) budget_->Release(BytesOf(index));
  return status;
}

Status FileMemory::GetPages(size_t index) {
  const size_t bytes = BytesOf(index);
  if (budget_ != nullptr) {
    const Status status = budget_->Reserve(bytes);
    if (!status.ok()) return status.WithPrefix(file_->path());
  }
  if (mprotect(AddressOf(index), kChunk, PROT_READ | PROT_WRITE) != 0) {
    if (budget_ != nullptr) budget_->Release(bytes);
    return ResourceExhausted(file_->path() + ": no memory for " + std::to_string(bytes) +
                             " bytes of weights");
  }
  return Status::Ok();
}

Status FileMemory::ReadInto(uint64_t offset, MutableBytes to) const {
  const Status read = file_->ReadAt(offset, to);
  // Afterwards: bytes that were written while they were read are as wrong as those of a cut file.
  const Status unchanged = file_->CheckUnchanged();
  return unchanged.ok() ? read : unchanged;
}

void FileMemory::GiveBackIfUnneeded(size_t index, Chunk* chunk) {
  if (chunk->needs > 0 || !chunk->is_loaded) return;
  if (!Unmap(AddressOf(index))) return;
  chunk->is_loaded = false;
  if (budget_ != nullptr) budget_->Release(BytesOf(index));
  ++times_given_back_;
}

// For bytes that somebody reads although they could not be read from the file.
void FileMemory::ShowZeros(uint64_t offset, size_t size) noexcept {
  for (const size_t index : ChunksOf(offset, size)) {
    Chunk& chunk = ChunkOf(index);
    std::lock_guard<std::mutex> lock(chunk.mutex);
    if (chunk.is_loaded) continue;
    chunk.shows_zeros = true;
    if (mprotect(AddressOf(index), kChunk, PROT_READ) == 0) continue;
    // One area less, so that the system needs no memory for it.
    mprotect(reserved_, reserved_size_, PROT_READ | PROT_WRITE);
  }
}

}  // namespace mace
