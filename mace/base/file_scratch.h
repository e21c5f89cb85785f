// Parts of files, read into memory that one thread uses again and again.
//
// Weights are read once, to be packed. Read at their own addresses (mace/base/file_memory.h) each of
// them takes pages that are new to the process, which costs more than the reading. The memory of a
// scratch is that of the parts that were read before, and mostly still in the processor's cache.
#ifndef MACE_BASE_FILE_SCRATCH_H_
#define MACE_BASE_FILE_SCRATCH_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "mace/base/page_block.h"
#include "mace/base/span.h"
#include "mace/base/status.h"

namespace mace {

// While a scratch lives, FileBlock::bytes() on its thread reads the parts that the scratch was
// given into the scratch, unless they are in memory. Thread contract: made, used and destroyed on
// one thread. Where a thread makes several, only the last one counts, and it is destroyed first.
class FileScratch {
 public:
  // The bytes of a scratch that holds copies of all these parts.
  static size_t RoomFor(const std::vector<Bytes>& parts);

  // `expected_bytes`: RoomFor the largest parts that are to come, so that there is room for them
  // from the start. More are taken where they turn out to be needed.
  explicit FileScratch(size_t expected_bytes = 0);
  ~FileScratch();
  FileScratch(const FileScratch&) = delete;
  FileScratch& operator=(const FileScratch&) = delete;

  // From here on these parts are read into the scratch, each as soon as it is wanted and at an
  // address that suits every type; those of the call before are gone. Each part is
  // FileBlock::address_range() of a block; other memory is left alone.
  void Begin(const std::vector<Bytes>& parts);
  // FileMemory::ReadInto's error for the first part that was wanted and could not be read, so that
  // zeros were seen. kResourceExhausted where there was no memory for a copy: what is read counts
  // against the memory budget of this thread as long as the scratch lives.
  const Status& status() const { return status_; }

  // For FileBlock: the copy of `part` in the scratch of this thread; null where the scratch was not
  // given the part, or has no memory for it.
  static const uint8_t* Find(Bytes part) noexcept;

 private:
  struct Copy {
    Bytes part;
    size_t offset;  // In block_.
    bool is_read;
  };
  // Room for all copies. The memory that there was before is given back where it is too small.
  Status MakeRoom();
  Status Read(Copy* copy, MutableBytes to);

  FileScratch* const previous_;  // The one that the thread had before.
  const size_t expected_bytes_;
  PageBlock block_;
  std::vector<Copy> copies_;
  size_t bytes_ = 0;  // Bytes of all copies.
  Status status_;
};

}  // namespace mace

#endif  // MACE_BASE_FILE_SCRATCH_H_
