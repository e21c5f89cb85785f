// Tensors in host memory: what they are (TensorInfo), and views of and owners of their dense,
// row-major elements.
#ifndef MACE_GRAPH_TENSOR_H_
#define MACE_GRAPH_TENSOR_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mace/base/span.h"
#include "mace/base/status.h"
#include "mace/graph/constant_identity.h"
#include "mace/graph/dtype.h"
#include "mace/graph/shape.h"

namespace mace {

class FileBlock;  // mace/base/file_block.h.

struct TensorInfo {
  DType dtype = DType::kInvalid;
  Shape shape;
  // Bytes of the dense, row-major elements.
  size_t bytes() const { return static_cast<size_t>(shape.elements()) * DTypeSize(dtype); }
  // "float32 [1, 3]".
  std::string ToString() const;
  bool operator==(const TensorInfo& other) const {
    return dtype == other.dtype && shape == other.shape;
  }
  bool operator!=(const TensorInfo& other) const { return !(*this == other); }
};

// A dense, row-major tensor in host memory that somebody keeps alive: a block of its own, a file's
// bytes, a caller's array. Copying shares the elements.
// Thread contract: const methods are thread-safe. Elements are written by the one that made the
// tensor, before it is shared, or by a run whose caller gave the tensor as an output.
class HostTensor {
 public:
  HostTensor() = default;
  // Zeroed elements. They count against the thread's memory budget (mace/base/memory_budget.h) as
  // long as any copy lives. kResourceExhausted names the bytes.
  static StatusOr<HostTensor> Allocate(TensorInfo info);
  // Elements that nobody writes through the tensor. REQUIRES: data.size() >= info.bytes(). `owner`
  // keeps data alive; null: the caller does. data may be unaligned for the dtype (weights of a
  // .data file are): use ToAligned where that matters.
  static HostTensor View(TensorInfo info, Bytes data, std::shared_ptr<const void> owner);
  // Elements that are read from a file when they are first wanted. REQUIRES: the block has
  // info.bytes().
  static HostTensor OfFile(TensorInfo info, std::shared_ptr<const FileBlock> block);
  // Elements of the caller that a run may write: for outputs. REQUIRES: what View requires.
  static HostTensor MutableView(TensorInfo info, MutableBytes data,
                                std::shared_ptr<const void> owner);
  // Takes the values over. REQUIRES: sizeof(T) is the dtype's size, and there are as many values as
  // the shape has elements.
  template <typename T>
  static HostTensor FromVector(DType dtype, Shape shape, std::vector<T> values) {
    auto owner = std::make_shared<std::vector<T>>(std::move(values));
    const MutableBytes data(reinterpret_cast<uint8_t*>(owner->data()), owner->size() * sizeof(T));
    return MutableView({dtype, std::move(shape)}, data, std::move(owner));
  }

  const TensorInfo& info() const { return info_; }
  const Shape& shape() const { return info_.shape; }
  DType dtype() const { return info_.dtype; }
  // The elements. Elements of a file are read if they are not in memory. A caller that does not
  // hold a ConstantPins (mace/graph/constant_pins.h) has them only until somebody else releases
  // them.
  Bytes bytes() const { return Bytes(Elements(), info_.bytes()); }
  // Where the elements are, for comparing addresses: nothing is read.
  Bytes address_range() const { return Bytes(data_, info_.bytes()); }
  // Whether the elements are read from a file when they are first wanted (OfFile).
  bool is_part_of_file() const { return block_ != nullptr; }
  // What keeps the elements alive; null: somebody else does.
  const std::shared_ptr<const void>& owner() const { return owner_; }
  // Names the elements (mace/graph/constant_identity.h); not known for most tensors. Copies, other
  // shapes and conversions of a tensor have one where the tensor has; who may write has none.
  const ConstantIdentity& identity() const { return identity_; }
  void set_identity(const ConstantIdentity& identity) { identity_ = identity; }
  bool has_data() const { return data_ != nullptr || info_.bytes() == 0; }

  // REQUIRES: sizeof(T) is the dtype's size and the data is aligned for T.
  template <typename T>
  const T* data() const {
    return reinterpret_cast<const T*>(Elements());
  }
  // False for a View: its elements belong to somebody who may not expect them to change.
  bool is_writable() const { return writable_; }
  // Whether another tensor, or another owner, keeps the same block alive: what is written here is
  // seen there.
  bool is_shared() const { return owner_.use_count() > 1; }

  // REQUIRES: is_writable(), and nobody else reads the elements meanwhile.
  template <typename T>
  T* mutable_data() {
    identity_ = ConstantIdentity();
    return reinterpret_cast<T*>(const_cast<uint8_t*>(data_));
  }
  float* f32() { return mutable_data<float>(); }
  const float* f32() const { return data<float>(); }

  // A tensor with the same elements at an address that suits their dtype; copies only where needed.
  // kResourceExhausted where there is no memory for the copy.
  StatusOr<HostTensor> ToAligned() const;
  // A tensor that shares the elements and has another shape. REQUIRES: equal element count.
  HostTensor Reshaped(Shape shape) const;
  // The elements converted (float kinds, ints and bool among each other; values round to nearest,
  // floats to ints truncate towards zero), at an address that suits their dtype. Shares where that
  // is so already. kResourceExhausted where there is no memory for a copy.
  StatusOr<HostTensor> ConvertTo(DType dtype) const;
  // The elements as float32 at an aligned address, for a reader of this thread that has finished
  // before the thread's FileScratch (mace/base/file_scratch.h) begins with other parts. What lies
  // unaligned in its file is aligned in the scratch, so that it is shared, where ConvertTo copies.
  // Errors: ConvertTo's.
  StatusOr<HostTensor> ReadAsFloats() const;
  // The elements as the reference of an op takes them: floats as float32, other types as they are,
  // aligned. kResourceExhausted where there is no memory for a copy.
  StatusOr<HostTensor> ToReferenceOperand() const;

 private:
  void ConvertInto(HostTensor* out) const;
  const uint8_t* Elements() const { return block_ == nullptr ? data_ : ReadBlock(); }
  const uint8_t* ReadBlock() const noexcept;

  TensorInfo info_;
  const uint8_t* data_ = nullptr;
  const FileBlock* block_ = nullptr;  // The elements' block in a file; owner_ keeps it.
  bool writable_ = false;
  std::shared_ptr<const void> owner_;
  ConstantIdentity identity_;
};

// The identity of ConvertTo's result, whatever the shape. REQUIRES: that of `tensor` is known.
ConstantIdentity ConvertedIdentity(const HostTensor& tensor, DType dtype);

// One zeroed tensor for each of `infos`. kResourceExhausted where there is no memory for them all.
StatusOr<std::vector<HostTensor>> AllocateTensors(const std::vector<TensorInfo>& infos);

// The elements of an integer tensor as int64_t, in row-major order; those of uint64 from 2^63 on are
// the negative numbers of the same bits. Floats truncate. Throws std::bad_alloc, as the vector itself does, where the thread's memory
// budget has no room for them: CatchExhaustion makes that a Status. Empty for a
// tensor without elements.
std::vector<int64_t> ToInt64Vector(const HostTensor& tensor);
// The elements as float, in row-major order, with the same exception.
std::vector<float> ToFloatVector(const HostTensor& tensor);
// The elements as float, in row-major order, into memory of the caller: as many floats as the
// tensor has elements. REQUIRES: tensor.has_data().
void CopyAsFloats(const HostTensor& tensor, float* to);

}  // namespace mace

#endif  // MACE_GRAPH_TENSOR_H_
