// A part of a file in memory of this process (mace/base/file_memory.h): a tensor's elements.
//
// A block is read when its bytes are first wanted. A block can be released to save memory: the
// memory is given back as soon as no other block needs it. The next reader of the bytes has them
// read again from the same open file.
//
// A reader of a block that somebody else may release holds a FilePin while it reads.
#ifndef MACE_BASE_FILE_BLOCK_H_
#define MACE_BASE_FILE_BLOCK_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

#include "mace/base/file_memory.h"
#include "mace/base/span.h"
#include "mace/base/status.h"

namespace mace {

// Thread contract: thread-safe.
class FileBlock {
 public:
  // `size` bytes, 1 or more, from `offset`; they are not read yet. A second request for the same
  // bytes gives the same block, which then is not released any more. kCorruption where the file
  // does not have the bytes.
  static StatusOr<std::shared_ptr<const FileBlock>> Find(std::shared_ptr<FileMemory> memory,
                                                         uint64_t offset, size_t size);
  ~FileBlock();
  FileBlock(const FileBlock&) = delete;
  FileBlock& operator=(const FileBlock&) = delete;

  // The address at which the bytes are, or will be once they are read, as long as the block lives.
  Bytes address_range() const { return Bytes(memory_->address(offset_), size_); }
  // The bytes, in memory: at address_range(), or in a FileScratch of this thread. Zeros where they cannot be read: FileMemory::failed_touches() counts that.
  Bytes bytes() const {
    return seen_ == memory_->times_given_back() + 1 ? address_range() : Touch();
  }
  // The bytes, in memory. Errors: FileMemory::Load's.
  Status Load() const { return memory_->Load(offset_, size_); }

  // Says that this block needs its bytes no more; pins of the bytes, made before or later, still
  // keep them.
  void Release() const;
  bool is_in_memory() const { return memory_->Holds(offset_, size_); }

 private:
  FileBlock(std::shared_ptr<FileMemory> memory, uint64_t offset, size_t size)
      : memory_(std::move(memory)), offset_(offset), size_(size) {}
  static std::shared_ptr<const FileBlock> FindOrAdd(std::shared_ptr<FileMemory> memory,
                                                    uint64_t offset, size_t size);
  void Need() const;
  Bytes Touch() const noexcept;

  const std::shared_ptr<FileMemory> memory_;
  const uint64_t offset_;
  const size_t size_;
  mutable std::mutex mutex_;
  mutable bool is_needed_ = false;
  // times_given_back() + 1 of the memory when all of the bytes were there; 0: never.
  mutable std::atomic<uint64_t> seen_{0};
};

// Keeps bytes of a file in memory while it lives. Thread contract: thread-compatible.
class FilePin {
 public:
  FilePin() = default;  // For memory that is no file's: holds nothing.
  // `part` may be any memory; what is part of a FileMemory is read from its file where it is not in
  // memory. Errors: FileMemory::Load's.
  static StatusOr<FilePin> Hold(Bytes part);
  // A pin of bytes that are read when they are first wanted (FileBlock::bytes), and stay from then
  // on as long as the pin lives. `part` as for Hold.
  static FilePin Keep(Bytes part);
  ~FilePin();
  FilePin(FilePin&& other) noexcept { *this = std::move(other); }
  FilePin& operator=(FilePin&& other) noexcept;

  bool holds() const { return memory_ != nullptr; }
  const std::shared_ptr<FileMemory>& memory() const { return memory_; }  // Null: none.

 private:
  FilePin(std::shared_ptr<FileMemory> memory, uint64_t offset, size_t size)
      : memory_(std::move(memory)), offset_(offset), size_(size) {}

  std::shared_ptr<FileMemory> memory_;
  uint64_t offset_ = 0;
  size_t size_ = 0;
};

// FileBlock::Release of the block that has these bytes, where somebody keeps one alive; other memory
// is left alone. Thread-safe.
void ReleaseFileBlock(Bytes bytes);

}  // namespace mace

#endif  // MACE_BASE_FILE_BLOCK_H_
