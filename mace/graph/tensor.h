// Tensors in host memory: what they are (TensorInfo), and views of and owners of their dense,
// row-major elements.
#ifndef MACE_GRAPH_TENSOR_H_
#define MACE_GRAPH_TENSOR_H_

#include <algorithm>
#include <memory>
#include <vector>

#include "mace/base/span.h"
#include "mace/graph/dtype.h"
#include "mace/graph/shape.h"

namespace mace {

struct TensorInfo {
  DType dtype = DType::kInvalid;
  Shape shape;
  // Bytes of the dense, row-major elements.
  size_t bytes() const { return static_cast<size_t>(shape.elements()) * DTypeSize(dtype); }
};

// A dense, row-major tensor in host memory that somebody keeps alive: an owned vector, a mapped
// file, a caller's array. Copying shares the elements. Immutable once built: thread-safe.
class HostTensor {
 public:
  HostTensor() = default;
  // Allocates zeroed elements.
  static HostTensor Allocate(TensorInfo info);
  // REQUIRES: data.size() >= info.bytes(). `owner` keeps data alive; null: the caller does. data
  // may be unaligned for the dtype (weights of a .data file are): use ToAligned where that matters.
  static HostTensor View(TensorInfo info, Bytes data, std::shared_ptr<const void> owner);
  template <typename T>
  static HostTensor FromVector(DType dtype, Shape shape, const std::vector<T>& values) {
    HostTensor tensor = Allocate({dtype, std::move(shape)});
    std::copy(values.begin(), values.end(), tensor.mutable_data<T>());
    return tensor;
  }

  const TensorInfo& info() const { return info_; }
  const Shape& shape() const { return info_.shape; }
  DType dtype() const { return info_.dtype; }
  Bytes bytes() const { return Bytes(data_, info_.bytes()); }
  bool has_data() const { return data_ != nullptr || info_.bytes() == 0; }

  // REQUIRES: sizeof(T) is the dtype's size and the data is aligned for T.
  template <typename T>
  const T* data() const {
    return reinterpret_cast<const T*>(data_);
  }
  // REQUIRES: made by Allocate and not shared yet.
  template <typename T>
  T* mutable_data() {
    return reinterpret_cast<T*>(const_cast<uint8_t*>(data_));
  }
  float* f32() { return mutable_data<float>(); }
  const float* f32() const { return data<float>(); }

  // The same elements at an address that suits their dtype; copies only where needed.
  HostTensor ToAligned() const;
  // The same elements seen with another shape. REQUIRES: equal element count.
  HostTensor Reshaped(Shape shape) const;
  // The elements converted (float kinds, ints and bool among each other; values round to nearest,
  // floats to ints truncate towards zero). Shares where the dtype is the same and aligned.
  HostTensor ConvertTo(DType dtype) const;

 private:
  TensorInfo info_;
  const uint8_t* data_ = nullptr;
  std::shared_ptr<const void> owner_;
};

// The elements of an integer tensor (int32, int64, or a small type) as int64_t, in row-major order;
// floats truncate.
std::vector<int64_t> ToInt64Vector(const HostTensor& tensor);

}  // namespace mace

#endif  // MACE_GRAPH_TENSOR_H_
