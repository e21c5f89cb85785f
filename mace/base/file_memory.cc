#include "mace/base/file_memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "mace/base/catch_exhaustion.h"

namespace mace {
namespace {

constexpr size_t kChunk = FileMemory::kChunkBytes;

size_t RoundUp(size_t value, size_t unit) { return (value + unit - 1) / unit * unit; }

size_t RoundUpToPages(size_t bytes) {
  return RoundUp(bytes, static_cast<size_t>(sysconf(_SC_PAGESIZE)));
}

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

// Moves a chunk's pages to other addresses. False where the system cannot (Linux before 5.7).
bool MovePages(uint8_t* from, uint8_t* to) {
#ifdef MREMAP_DONTUNMAP
  constexpr int kFlags = MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP;
  if (mremap(from, kChunk, kChunk, kFlags, to) == MAP_FAILED) return false;
  // Nobody may touch what is left there. Where the system has no area for that they are zeros,
  // which a chunk that is not loaded does not show to anybody.
  mprotect(from, kChunk, PROT_NONE);
  return true;
#else
  static_cast<void>(from), static_cast<void>(to);
  return false;
#endif
}

// All of them, by their first byte.
struct Registry {
  std::mutex mutex;
  std::map<const uint8_t*, FileMemory*> memories;
};

Registry& TheRegistry() {
  static Registry* const registry = new Registry;
  return *registry;
}

}  // namespace

FileMemory::FileMemory(std::shared_ptr<const RandomAccessFile> file)
    : file_(std::move(file)), budget_(ScopedMemoryBudget::Current()) {}

StatusOr<std::shared_ptr<FileMemory>> FileMemory::Reserve(
    std::shared_ptr<const RandomAccessFile> file) {
  std::shared_ptr<FileMemory> memory(new FileMemory(std::move(file)));
  MACE_RETURN_IF_ERROR(memory->ReserveAddresses());
  Registry& registry = TheRegistry();
  std::lock_guard<std::mutex> lock(registry.mutex);
  registry.memories[memory->start_] = memory.get();
  return memory;
}

FileMemory::~FileMemory() {
  if (reserved_ == nullptr) return;
  {
    Registry& registry = TheRegistry();
    std::lock_guard<std::mutex> lock(registry.mutex);
    registry.memories.erase(start_);
  }
  if (budget_ != nullptr) {
    for (const auto& [index, chunk] : chunks_) {
      if (chunk.is_loaded) budget_->Release(BytesOf(index));
    }
    for (const bool is_spare : is_spare_) {
      if (is_spare) budget_->Release(kChunk);
    }
  }
  munmap(reserved_, reserved_size_);
}

// From a large page on, and whole ones: a part of one would have small pages. Behind the file's
// chunks there is room for the spares.
Status FileMemory::ReserveAddresses() {
  const uint64_t size = file_->size();
  if (size == 0) return Corruption(file_->path() + ": expected bytes, found an empty file");
  if (size > std::numeric_limits<size_t>::max() / 2) {
    return ResourceExhausted(file_->path() + ": " + std::to_string(size) +
                             " bytes are more than there can be");
  }
  chunk_count_ = RoundUp(static_cast<size_t>(size), kChunk) / kChunk;
  reserved_size_ = (chunk_count_ + kMostSpares + 1) * kChunk;
  void* const reserved =
      mmap(nullptr, reserved_size_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (reserved == MAP_FAILED) {
    return ResourceExhausted(file_->path() + ": no addresses for " + std::to_string(size) +
                             " bytes");
  }
  reserved_ = reserved;
  start_ = static_cast<uint8_t*>(reserved);
  start_ += (kChunk - reinterpret_cast<uintptr_t>(reserved) % kChunk) % kChunk;
  return Status::Ok();
}

std::shared_ptr<FileMemory> FileMemory::Find(Bytes part) {
  Registry& registry = TheRegistry();
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
  Status status = Fill(index);
  if (status.ok()) return status;
  chunk.is_loaded = false;
  Unmap(AddressOf(index));
  if (budget_ != nullptr) budget_->Release(BytesOf(index));
  return status;
}

Status FileMemory::GetPages(size_t index) {
  if (TakeSpare(index)) return Status::Ok();
  const size_t bytes = BytesOf(index), mapped = RoundUpToPages(bytes);
  if (budget_ != nullptr) {
    const Status status = budget_->Reserve(bytes);
    if (!status.ok()) return status.WithPrefix(file_->path());
  }
  uint8_t* const begin = AddressOf(index);
  // Half a large page costs less as one than as small ones; a little of one does not.
  const bool is_large = mapped >= kChunk / 2;
  if (mprotect(begin, is_large ? kChunk : mapped, PROT_READ | PROT_WRITE) != 0) {
    if (budget_ != nullptr) budget_->Release(bytes);
    return ResourceExhausted(file_->path() + ": no memory for " + std::to_string(bytes) +
                             " bytes of weights");
  }
  // A wish: without it the memory is the same, only slower to touch.
  if (is_large) madvise(begin, kChunk, MADV_HUGEPAGE);
  return Status::Ok();
}

Status FileMemory::Fill(size_t index) const {
  const uint64_t offset = uint64_t{index} * kChunk;
  const Status read = file_->ReadAt(offset, MutableBytes(AddressOf(index), BytesOf(index)));
  // Afterwards: bytes that were written while they were read are as wrong as those of a cut file.
  const Status unchanged = file_->CheckUnchanged();
  return unchanged.ok() ? read : unchanged;
}

void FileMemory::GiveBackIfUnneeded(size_t index, Chunk* chunk) {
  if (chunk->needs > 0 || !chunk->is_loaded) return;
  if (MakeSpare(index)) {
    chunk->is_loaded = false;
  } else if (Unmap(AddressOf(index))) {
    chunk->is_loaded = false;
    if (budget_ != nullptr) budget_->Release(BytesOf(index));
  }
  if (!chunk->is_loaded) ++times_given_back_;
}

void FileMemory::KeepSpares() {
  std::lock_guard<std::mutex> lock(mutex_);
  ++spare_keepers_;
}

void FileMemory::DropSpares() {
  std::lock_guard<std::mutex> lock(mutex_);
  if (--spare_keepers_ > 0) return;
  for (size_t i = 0; i < kMostSpares; ++i) {
    if (!is_spare_[i] || !Unmap(AddressOf(chunk_count_ + i))) continue;
    is_spare_[i] = false;
    if (budget_ != nullptr) budget_->Release(kChunk);
  }
}

// Puts the pages of a spare under the chunk; the budget counts them already.
bool FileMemory::TakeSpare(size_t index) {
  if (BytesOf(index) < kChunk) return false;
  std::lock_guard<std::mutex> lock(mutex_);
  for (size_t i = 0; i < kMostSpares; ++i) {
    if (!is_spare_[i]) continue;
    if (!MovePages(AddressOf(chunk_count_ + i), AddressOf(index))) return false;
    is_spare_[i] = false;
    return true;
  }
  return false;
}

// Puts the chunk's pages where a spare has its place, if there is one.
bool FileMemory::MakeSpare(size_t index) {
  if (BytesOf(index) < kChunk) return false;
  std::lock_guard<std::mutex> lock(mutex_);
  if (spare_keepers_ == 0) return false;
  for (size_t i = 0; i < kMostSpares; ++i) {
    if (is_spare_[i]) continue;
    is_spare_[i] = MovePages(AddressOf(index), AddressOf(chunk_count_ + i));
    return is_spare_[i];
  }
  return false;
}

// For bytes that somebody reads although they could not be read from the file.
void FileMemory::ShowZeros(uint64_t offset, size_t size) noexcept {
  for (const size_t index : ChunksOf(offset, size)) {
    Chunk& chunk = ChunkOf(index);
    std::lock_guard<std::mutex> lock(chunk.mutex);
    if (chunk.is_loaded || mprotect(AddressOf(index), kChunk, PROT_READ) == 0) continue;
    // One area less, so that the system needs no memory for it.
    mprotect(reserved_, reserved_size_, PROT_READ | PROT_WRITE);
  }
}

}  // namespace mace
