#include "mace/base/file_block.h"

#include <sys/mman.h>
#include <unistd.h>

#include <limits>
#include <map>
#include <string>
#include <utility>

namespace mace {
namespace {

constexpr size_t kLargePage = size_t{2} << 20;

size_t RoundUp(size_t value, size_t unit) { return (value + unit - 1) / unit * unit; }

// All blocks, by their first byte.
struct BlockRegistry {
  std::mutex mutex;
  std::map<const uint8_t*, const FileBlock*> blocks;
};

BlockRegistry& Registry() {
  static BlockRegistry* const registry = new BlockRegistry;
  return *registry;
}

// The block that `part` lies in; null where it lies in none. REQUIRES: somebody keeps the memory
// alive meanwhile, as for any use of it.
std::shared_ptr<const FileBlock> FindBlock(Bytes part) {
  BlockRegistry& registry = Registry();
  std::lock_guard<std::mutex> lock(registry.mutex);
  auto found = registry.blocks.upper_bound(part.data());
  if (found == registry.blocks.begin()) return nullptr;
  --found;
  const Bytes bytes = found->second->bytes();
  if (part.data() >= bytes.data() + bytes.size()) return nullptr;
  return found->second->weak_from_this().lock();
}

}  // namespace

FileBlock::FileBlock(std::shared_ptr<const RandomAccessFile> file, uint64_t offset, size_t size)
    : file_(std::move(file)),
      offset_(offset),
      size_(size),
      budget_(ScopedMemoryBudget::Current()) {}

StatusOr<std::shared_ptr<const FileBlock>> FileBlock::Read(
    std::shared_ptr<const RandomAccessFile> file, uint64_t offset, size_t size) {
  // Before any memory is taken: a size that the file does not have is no reason to ask for it.
  if (size == 0 || offset > file->size() || size > file->size() - offset) {
    return Corruption(file->path() + ": expected " + std::to_string(size) + " bytes at offset " +
                      std::to_string(offset) + ", found a file of " + std::to_string(file->size()));
  }
  std::shared_ptr<FileBlock> block(new FileBlock(std::move(file), offset, size));
  MACE_RETURN_IF_ERROR(block->Reserve());
  {
    std::lock_guard<std::mutex> lock(block->mutex_);
    MACE_RETURN_IF_ERROR(block->Load());
  }
  BlockRegistry& registry = Registry();
  std::lock_guard<std::mutex> lock(registry.mutex);
  registry.blocks[block->start_] = block.get();
  return std::shared_ptr<const FileBlock>(std::move(block));
}

FileBlock::~FileBlock() {
  if (reserved_ == nullptr) return;
  {
    BlockRegistry& registry = Registry();
    std::lock_guard<std::mutex> lock(registry.mutex);
    registry.blocks.erase(start_);
  }
  if (is_loaded_ && budget_ != nullptr) budget_->Release(size_);
  munmap(reserved_, reserved_size_);
}

// Addresses alone; Load puts memory there. Large blocks begin at a large page, which costs one
// fault where small pages cost 512.
Status FileBlock::Reserve() {
  const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  if (size_ > std::numeric_limits<size_t>::max() / 2) {
    return ResourceExhausted(file_->path() + ": " + std::to_string(size_) +
                             " bytes are more than there can be");
  }
  const bool is_large = size_ >= kLargePage;
  mapped_size_ = RoundUp(size_, page);
  reserved_size_ = mapped_size_ + (is_large ? kLargePage : 0);
  void* const reserved =
      mmap(nullptr, reserved_size_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (reserved == MAP_FAILED) {
    return ResourceExhausted(file_->path() + ": no memory for " + std::to_string(size_) +
                             " bytes of weights");
  }
  reserved_ = reserved;
  start_ = static_cast<uint8_t*>(reserved);
  if (is_large) {
    start_ += (kLargePage - reinterpret_cast<uintptr_t>(reserved) % kLargePage) % kLargePage;
  }
  return Status::Ok();
}

Status FileBlock::Load() const {
  if (budget_ != nullptr) {
    const Status status = budget_->Reserve(size_);
    if (!status.ok()) return status.WithPrefix(file_->path());
  }
  const Status status = Fill();
  is_loaded_ = status.ok();
  if (!is_loaded_) {
    GiveBack();
    if (budget_ != nullptr) budget_->Release(size_);
  }
  return status;
}

Status FileBlock::Fill() const {
  if (mprotect(start_, mapped_size_, PROT_READ | PROT_WRITE) != 0) {
    return ResourceExhausted(file_->path() + ": no memory for " + std::to_string(size_) +
                             " bytes of weights");
  }
  // A wish: without it the memory is the same, only slower to touch.
  if (size_ >= kLargePage) madvise(start_, mapped_size_, MADV_HUGEPAGE);
  const Status read = file_->ReadAt(offset_, MutableBytes(start_, size_));
  // Afterwards: bytes that were written while they were read are as wrong as those of a cut file.
  const Status unchanged = file_->CheckUnchanged();
  return unchanged.ok() ? read : unchanged;
}

// New pages that nobody may touch take the place of the old ones: what reads them is found at
// once, where zeros would be taken for weights. False where the system has no more areas of memory
// for this process: then the bytes stay.
bool FileBlock::GiveBack() const {
  return mmap(start_, mapped_size_, PROT_NONE,
              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) != MAP_FAILED;
}

void FileBlock::Unload() const {
  if (!is_loaded_ || !GiveBack()) return;
  is_loaded_ = false;
  if (budget_ != nullptr) budget_->Release(size_);
}

Status FileBlock::Pin() const {
  std::lock_guard<std::mutex> lock(mutex_);
  if (!is_loaded_) MACE_RETURN_IF_ERROR(Load());
  ++pins_;
  return Status::Ok();
}

void FileBlock::Unpin() const {
  std::lock_guard<std::mutex> lock(mutex_);
  if (--pins_ == 0 && is_released_) Unload();
}

void FileBlock::Release() const {
  std::lock_guard<std::mutex> lock(mutex_);
  is_released_ = true;
  if (pins_ == 0) Unload();
}

bool FileBlock::is_in_memory() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return is_loaded_;
}

StatusOr<FilePin> FilePin::Hold(Bytes part) {
  std::shared_ptr<const FileBlock> block = part.empty() ? nullptr : FindBlock(part);
  if (block == nullptr) return FilePin();
  MACE_RETURN_IF_ERROR(block->Pin());
  return FilePin(std::move(block));
}

FilePin::~FilePin() {
  if (block_ != nullptr) block_->Unpin();
}

FilePin& FilePin::operator=(FilePin&& other) noexcept {
  std::swap(block_, other.block_);
  return *this;
}

void ReleaseFileBlock(Bytes part) {
  const std::shared_ptr<const FileBlock> block = part.empty() ? nullptr : FindBlock(part);
  if (block != nullptr) block->Release();
}

}  // namespace mace
