// Memory straight from the system, for what is filled once and large: packed weights, activations.
//
// Ownership: the destructor releases the memory. The block counts against the thread's memory
// budget (mace/base/memory_budget.h) as long as it lives. Errors: kResourceExhausted where the
// budget or the system has no more. Thread contract: thread-compatible.
#ifndef MACE_BASE_PAGE_BLOCK_H_
#define MACE_BASE_PAGE_BLOCK_H_

#include <cstddef>
#include <memory>

#include "mace/base/memory_budget.h"
#include "mace/base/span.h"
#include "mace/base/status.h"

namespace mace {

class PageBlock {
 public:
  PageBlock() = default;
  // Zeroed, and aligned to a page at least. In large pages where the system has them: touching
  // 100 MB for the first time is 25,000 faults in pages of 4 KB, 50 in those of 2 MB.
  static StatusOr<PageBlock> Allocate(size_t bytes);
  ~PageBlock();
  PageBlock(PageBlock&& other) noexcept;
  PageBlock& operator=(PageBlock&& other) noexcept;

  MutableBytes bytes() const { return bytes_; }
  // Gives the memory of whole pages back before the rest: their bytes are zeros from here on, and do
  // not count any more. REQUIRES: `part` lies in bytes() and begins at a page; each page at most
  // once.
  void GiveBack(MutableBytes part);

 private:
  MutableBytes bytes_;
  size_t given_back_ = 0;
  std::shared_ptr<MemoryBudget> budget_;  // Null: nobody counts.
  void* mapped_ = nullptr;
  size_t mapped_size_ = 0;
};

}  // namespace mace

#endif  // MACE_BASE_PAGE_BLOCK_H_
