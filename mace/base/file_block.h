// A part of a file in memory of this process: weights, which are large, read once, and not needed
// once they are packed.
//
// The bytes are a copy, made by pread: another process that cuts the file short or writes over it
// changes nothing of what was read, where a mapping of the file would end this process by SIGBUS.
// To save memory a block can be released: its memory goes back to the system, and a FilePin reads
// the same part of the same open file again. A file that was changed since it was opened is an
// error then: the old bytes and the new ones are never mixed.
//
// Who reads the bytes of a block that somebody may release holds a FilePin meanwhile.
#ifndef MACE_BASE_FILE_BLOCK_H_
#define MACE_BASE_FILE_BLOCK_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>

#include "mace/base/files.h"
#include "mace/base/memory_budget.h"
#include "mace/base/span.h"
#include "mace/base/status.h"

namespace mace {

// Thread contract: thread-safe.
class FileBlock : public std::enable_shared_from_this<FileBlock> {
 public:
  // Reads `size` bytes, 1 or more, from `offset`. They count against the thread's memory budget
  // while they are in memory. kResourceExhausted where there is no memory, kCorruption
  // where the file was changed since it was opened, else as RandomAccessFile::ReadAt.
  static StatusOr<std::shared_ptr<const FileBlock>> Read(
      std::shared_ptr<const RandomAccessFile> file, uint64_t offset, size_t size);
  ~FileBlock();
  FileBlock(const FileBlock&) = delete;
  FileBlock& operator=(const FileBlock&) = delete;

  // At the same address as long as the block lives, and aligned to a page. To be read until the
  // first Release, and afterwards under a FilePin: reading released bytes ends the process.
  Bytes bytes() const { return Bytes(start_, size_); }

  // Gives the memory back as soon as no FilePin holds it, now and after every later one.
  void Release() const;
  bool is_in_memory() const;

 private:
  friend class FilePin;

  FileBlock(std::shared_ptr<const RandomAccessFile> file, uint64_t offset, size_t size);
  Status Reserve();
  Status Pin() const;
  void Unpin() const;
  // REQUIRES for these: mutex_ is held.
  Status Load() const;
  Status Fill() const;
  bool GiveBack() const;
  void Unload() const;

  const std::shared_ptr<const RandomAccessFile> file_;
  const uint64_t offset_;
  const size_t size_;
  const std::shared_ptr<MemoryBudget> budget_;  // Null: none.
  void* reserved_ = nullptr;                    // The addresses, more than start_ needs.
  size_t reserved_size_ = 0;
  uint8_t* start_ = nullptr;
  size_t mapped_size_ = 0;  // From start_ on, whole pages.

  mutable std::mutex mutex_;
  mutable int pins_ = 0;
  mutable bool is_released_ = false;
  mutable bool is_loaded_ = false;
};

// Keeps a block's bytes in memory while it lives. Thread contract: thread-compatible.
class FilePin {
 public:
  FilePin() = default;  // Of memory that is no block's: holds nothing.
  // `part` may be any memory; what is part of a block is read from its file where it is not in
  // memory. Errors: FileBlock::Read's.
  static StatusOr<FilePin> Hold(Bytes part);
  ~FilePin();
  FilePin(FilePin&& other) noexcept = default;
  FilePin& operator=(FilePin&& other) noexcept;

  bool holds() const { return block_ != nullptr; }

 private:
  explicit FilePin(std::shared_ptr<const FileBlock> block) : block_(std::move(block)) {}
  std::shared_ptr<const FileBlock> block_;
};

// FileBlock::Release where `part` is part of a block that somebody keeps alive; other memory is
// left alone. Thread-safe.
void ReleaseFileBlock(Bytes part);

}  // namespace mace

#endif  // MACE_BASE_FILE_BLOCK_H_
