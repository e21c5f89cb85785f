// How many bytes of something are in use, and how many were at most.
//
// Thread contract: ByteCount is thread-safe, CountedBytes thread-compatible.
#ifndef MACE_BASE_BYTE_COUNT_H_
#define MACE_BASE_BYTE_COUNT_H_

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

namespace mace {

class ByteCount {
 public:
  void Add(size_t bytes) {
    const size_t now = now_.fetch_add(bytes) + bytes;
    size_t peak = peak_.load();
    while (peak < now && !peak_.compare_exchange_weak(peak, now)) {
    }
  }
  void Remove(size_t bytes) { now_.fetch_sub(bytes); }

  size_t now() const { return now_.load(); }
  size_t peak() const { return peak_.load(); }

 private:
  std::atomic<size_t> now_{0};
  std::atomic<size_t> peak_{0};
};

// Bytes that count as long as the object lives. Move-only; an empty one counts nothing.
class CountedBytes {
 public:
  CountedBytes() = default;
  // `count` may be null: nobody counts.
  CountedBytes(std::shared_ptr<ByteCount> count, size_t bytes)
      : count_(std::move(count)), bytes_(bytes) {
    if (count_ != nullptr) count_->Add(bytes_);
  }
  ~CountedBytes() {
    if (count_ != nullptr) count_->Remove(bytes_);
  }
  CountedBytes(CountedBytes&& other) noexcept
      : count_(std::move(other.count_)), bytes_(other.bytes_) {}
  CountedBytes& operator=(CountedBytes&& other) noexcept {
    std::swap(count_, other.count_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }

 private:
  std::shared_ptr<ByteCount> count_;
  size_t bytes_ = 0;
};

}  // namespace mace

#endif  // MACE_BASE_BYTE_COUNT_H_
