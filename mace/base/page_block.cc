#include "mace/base/page_block.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <utility>

namespace mace {
namespace {

constexpr size_t kLargePage = size_t{2} << 20;

}  // namespace

StatusOr<PageBlock> PageBlock::Allocate(size_t bytes) {
  PageBlock block;
  if (bytes == 0) return block;
  // Half a large page is not worth the clearing of a whole one.
  const bool large = bytes >= kLargePage / 2;
  if (bytes > std::numeric_limits<size_t>::max() - 2 * kLargePage) {
    return ResourceExhausted("memory: " + std::to_string(bytes) +
                             " bytes are more than there can be");
  }
  const std::shared_ptr<MemoryBudget>& budget = ScopedMemoryBudget::Current();
  if (budget != nullptr) {
    MACE_RETURN_IF_ERROR(budget->Reserve(bytes));
    block.budget_ = budget;
    block.bytes_ = MutableBytes(nullptr, bytes);  // What the destructor gives back.
  }
  const size_t size = large ? (bytes + kLargePage - 1) / kLargePage * kLargePage : bytes;
  const size_t mapped_size = large ? size + kLargePage : size;
  void* mapped =
      mmap(nullptr, mapped_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) {
    return ResourceExhausted("memory: " + std::to_string(bytes) +
                             " bytes: " + std::strerror(errno));
  }
  block.mapped_ = mapped;
  block.mapped_size_ = mapped_size;
  auto* start = static_cast<uint8_t*>(mapped);
  if (large) {
    start += (kLargePage - reinterpret_cast<uintptr_t>(mapped) % kLargePage) % kLargePage;
    // A wish: without it the memory is the same, only slower to touch.
    madvise(start, size, MADV_HUGEPAGE);
  }
  block.bytes_ = MutableBytes(start, bytes);
  return block;
}

PageBlock::~PageBlock() {
  if (mapped_ != nullptr) munmap(mapped_, mapped_size_);
  if (budget_ != nullptr) budget_->Release(bytes_.size() - given_back_);
}

void PageBlock::GiveBack(MutableBytes part) {
  const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  const size_t size = part.size() / page * page;
  if (size == 0 || madvise(part.data(), size, MADV_DONTNEED) != 0) return;
  given_back_ += size;
  if (budget_ != nullptr) budget_->Release(size);
}

PageBlock::PageBlock(PageBlock&& other) noexcept { *this = std::move(other); }

PageBlock& PageBlock::operator=(PageBlock&& other) noexcept {
  std::swap(bytes_, other.bytes_);
  std::swap(given_back_, other.given_back_);
  std::swap(budget_, other.budget_);
  std::swap(mapped_, other.mapped_);
  std::swap(mapped_size_, other.mapped_size_);
  return *this;
}

}  // namespace mace
