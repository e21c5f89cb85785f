// A file in memory of this process, in part or as a whole: weights, which are large, read once, and
// not needed once they are packed.
//
// The bytes are a copy, made by pread: another process that cuts the file short or writes over it
// changes nothing of what was read, where a mapping of the file would end this process by SIGBUS.
// A file that was changed since it was opened is an error: old bytes and new ones are never mixed.
//
// Every byte of the file has one address. A chunk is read when a byte of it is first wanted, and
// its memory is given back when nobody needs any of its bytes (mace/base/file_block.h says who
// needs them). Bytes that are read once, to be packed, are better read into a scratch
// (mace/base/file_scratch.h).
#ifndef MACE_BASE_FILE_MEMORY_H_
#define MACE_BASE_FILE_MEMORY_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

#include "mace/base/files.h"
#include "mace/base/memory_budget.h"
#include "mace/base/span.h"
#include "mace/base/status.h"

namespace mace {

// Thread contract: thread-safe.
class FileMemory : public std::enable_shared_from_this<FileMemory> {
 public:
  static constexpr size_t kChunkBytes = size_t{64} << 10;

  // Reserves addresses for the whole file, and no memory. Chunks that are read later count against
  // the memory budget of this thread while it is in memory, a chunk as a whole. kResourceExhausted
  // where the process has no addresses left, kCorruption for an empty file.
  static StatusOr<std::shared_ptr<FileMemory>> Reserve(
      std::shared_ptr<const RandomAccessFile> file);
  ~FileMemory();
  FileMemory(const FileMemory&) = delete;
  FileMemory& operator=(const FileMemory&) = delete;

  // The memory that `part` lies in; null where it lies in none. REQUIRES: somebody keeps the memory
  // alive meanwhile, as for any use of it.
  static std::shared_ptr<FileMemory> Find(Bytes part);

  const RandomAccessFile& file() const { return *file_; }
  const uint8_t* address(uint64_t offset) const { return start_ + offset; }
  uint64_t offset(const uint8_t* address) const { return static_cast<uint64_t>(address - start_); }

  // Counts somebody who needs the bytes, which stay in memory once they were read; reads nothing. REQUIRES, for all that follows: the file has these
  // bytes, and size is 1 or more.
  void Add(uint64_t offset, size_t size);
  // Takes back what Add added. Chunks that nobody needs are given back.
  void Remove(uint64_t offset, size_t size);

  // Reads what is not in memory. kCorruption where the file ends early or was changed since it was
  // opened, kResourceExhausted where there is no memory, else as RandomAccessFile::ReadAt.
  // REQUIRES: somebody needs the bytes.
  Status Load(uint64_t offset, size_t size);
  // Reads bytes of the file into other memory. Errors: Load's.
  Status ReadInto(uint64_t offset, MutableBytes to) const;
  // Reads the bytes that are not in memory, for readers who cannot take a Status. Where Load would
  // give an error these readers see zeros, failed_touches() grows, and last_error() says what
  // happened.
  void Touch(uint64_t offset, size_t size) noexcept;
  uint64_t failed_touches() const { return failed_touches_; }
  Status last_error() const;

  // Whether all of these bytes are in memory.
  bool Holds(uint64_t offset, size_t size) const;
  // Grows whenever a chunk is given back: what was in memory before may not be any more.
  uint64_t times_given_back() const { return times_given_back_; }

 private:
  struct Chunk {
    std::mutex mutex;
    int64_t needs = 0;  // Calls of Add without a Remove.
    bool is_loaded = false;
    bool shows_zeros = false;  // Somebody may read it though it could not be loaded.
  };

  explicit FileMemory(std::shared_ptr<const RandomAccessFile> file);
  Status ReserveAddresses();
  Chunk& ChunkOf(size_t index) const;
  size_t BytesOf(size_t index) const;
  uint8_t* AddressOf(size_t index) const { return start_ + index * kChunkBytes; }
  Status LoadChunk(size_t index);
  // REQUIRES for these: the chunk's mutex is held.
  Status GetPages(size_t index);
  void GiveBackIfUnneeded(size_t index, Chunk* chunk);

  void ShowZeros(uint64_t offset, size_t size) noexcept;

  const std::shared_ptr<const RandomAccessFile> file_;
  const std::shared_ptr<MemoryBudget> budget_;  // Null: none.
  void* reserved_ = nullptr;                    // The addresses, more than start_ needs.
  size_t reserved_size_ = 0;
  uint8_t* start_ = nullptr;

  mutable std::mutex mutex_;                // Guards what follows but the chunks' content.
  mutable std::map<size_t, Chunk> chunks_;  // By index; those that were ever needed.
  Status last_error_;
  std::atomic<uint64_t> failed_touches_{0};
  std::atomic<uint64_t> times_given_back_{0};
};

}  // namespace mace

#endif  // MACE_BASE_FILE_MEMORY_H_
