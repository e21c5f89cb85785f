// A view of contiguous elements owned by somebody else: a pointer and a count. C++17 has no
// std::span.
#ifndef MACE_BASE_SPAN_H_
#define MACE_BASE_SPAN_H_

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

namespace mace {

template <typename T>
class Span {
 public:
  Span() = default;
  Span(T* data, size_t size) : data_(data), size_(size) {}
  template <typename U, typename = std::enable_if_t<std::is_convertible_v<U (*)[], T (*)[]>>>
  Span(Span<U> other)
      : data_(other.data()), size_(other.size()) {}  // NOLINT: T from U, const added
  template <typename U, typename = std::enable_if_t<std::is_convertible_v<U (*)[], T (*)[]>>>
  Span(std::vector<U>& other)
      : data_(other.data()), size_(other.size()) {}  // NOLINT: implicit view
  template <typename U, typename = std::enable_if_t<std::is_convertible_v<const U (*)[], T (*)[]>>>
  Span(const std::vector<U>& other)
      : data_(other.data()), size_(other.size()) {}  // NOLINT: implicit view

  T* data() const { return data_; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T& operator[](size_t i) const { return data_[i]; }
  T* begin() const { return data_; }
  T* end() const { return data_ + size_; }

 private:
  T* data_ = nullptr;
  size_t size_ = 0;
};

using Bytes = Span<const uint8_t>;
using MutableBytes = Span<uint8_t>;

}  // namespace mace

#endif  // MACE_BASE_SPAN_H_
