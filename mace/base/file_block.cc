#include "mace/base/file_block.h"

#include <map>
#include <string>

#include "mace/base/file_scratch.h"

namespace mace {
namespace {

// All blocks, by their first byte and their size.
using BlockKey = std::pair<const uint8_t*, size_t>;

struct BlockRegistry {
  std::mutex mutex;
  std::map<BlockKey, std::weak_ptr<const FileBlock>> blocks;
};

BlockRegistry& Registry() {
  static BlockRegistry* const registry = new BlockRegistry;
  return *registry;
}

}  // namespace

StatusOr<std::shared_ptr<const FileBlock>> FileBlock::Find(std::shared_ptr<FileMemory> memory,
                                                           uint64_t offset, size_t size) {
  const RandomAccessFile& file = memory->file();
  if (size == 0 || offset > file.size() || size > file.size() - offset) {
    return Corruption(file.path() + ": expected " + std::to_string(size) + " bytes at offset " +
                      std::to_string(offset) + ", found a file of " + std::to_string(file.size()));
  }
  std::shared_ptr<const FileBlock> block = FindOrAdd(std::move(memory), offset, size);
  block->Need();
  return block;
}

std::shared_ptr<const FileBlock> FileBlock::FindOrAdd(std::shared_ptr<FileMemory> memory,
                                                      uint64_t offset, size_t size) {
  const BlockKey key(memory->address(offset), size);
  std::shared_ptr<const FileBlock> added(new FileBlock(std::move(memory), offset, size));
  BlockRegistry& registry = Registry();
  std::lock_guard<std::mutex> lock(registry.mutex);
  std::weak_ptr<const FileBlock>& known = registry.blocks[key];
  std::shared_ptr<const FileBlock> block = known.lock();
  if (block != nullptr) return block;
  known = added;
  return added;
}

FileBlock::~FileBlock() {
  {
    BlockRegistry& registry = Registry();
    std::lock_guard<std::mutex> lock(registry.mutex);
    // Another block may have taken the place by now, or had it before.
    const auto found = registry.blocks.find({address_range().data(), size_});
    if (found != registry.blocks.end() && found->second.expired()) registry.blocks.erase(found);
  }
  if (is_needed_) memory_->Remove(offset_, size_);
}

void FileBlock::Need() const {
  std::lock_guard<std::mutex> lock(mutex_);
  if (!is_needed_) memory_->Add(offset_, size_);
  is_needed_ = true;
}

Bytes FileBlock::Touch() const noexcept {
  if (!is_in_memory()) {
    const uint8_t* const copy = FileScratch::Find(address_range());
    if (copy != nullptr) return Bytes(copy, size_);
  }
  // Before: what is given back meanwhile is looked for once more the next time.
  const uint64_t given_back = memory_->times_given_back();
  const uint64_t failed = memory_->failed_touches();
  memory_->Touch(offset_, size_);
  if (failed == memory_->failed_touches()) seen_ = given_back + 1;
  return address_range();
}

void FileBlock::Release() const {
  std::lock_guard<std::mutex> lock(mutex_);
  if (is_needed_) memory_->Remove(offset_, size_);
  is_needed_ = false;
}

FilePin FilePin::Keep(Bytes part) {
  std::shared_ptr<FileMemory> memory = part.empty() ? nullptr : FileMemory::Find(part);
  if (memory == nullptr) return FilePin();
  const uint64_t offset = memory->offset(part.data());
  memory->Add(offset, part.size());
  return FilePin(std::move(memory), offset, part.size());
}

StatusOr<FilePin> FilePin::Hold(Bytes part) {
  FilePin pin = Keep(part);
  if (pin.holds()) MACE_RETURN_IF_ERROR(pin.memory_->Load(pin.offset_, pin.size_));
  return pin;
}

FilePin::~FilePin() {
  if (memory_ != nullptr) memory_->Remove(offset_, size_);
}

FilePin& FilePin::operator=(FilePin&& other) noexcept {
  std::swap(memory_, other.memory_);
  std::swap(offset_, other.offset_);
  std::swap(size_, other.size_);
  return *this;
}

void ReleaseFileBlock(Bytes bytes) {
  if (bytes.empty()) return;
  std::shared_ptr<const FileBlock> block;
  {
    BlockRegistry& registry = Registry();
    std::lock_guard<std::mutex> lock(registry.mutex);
    const auto found = registry.blocks.find({bytes.data(), bytes.size()});
    if (found != registry.blocks.end()) block = found->second.lock();
  }
  if (block != nullptr) block->Release();
}

}  // namespace mace
