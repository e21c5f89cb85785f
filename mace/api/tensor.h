// A dense tensor in host memory or in an OpenCL buffer: the inputs and outputs of requests.
#ifndef MACE_API_TENSOR_H_
#define MACE_API_TENSOR_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "mace/api/data_type.h"
#include "mace/base/status.h"

namespace mace {

// Describes the tensors of an input or output of a model.
struct TensorSpec {
  std::string name;
  DType dtype = DType::kFloat32;
  // Outermost extent first; -1: dynamic, decided by the tensor that is set.
  std::vector<int64_t> dims;
  // "NHWC", "NCHW" or "NONE": the declared order of the axes. It is only a description; nothing is
  // transposed because of it.
  std::string layout = "NONE";
  // The name that the file gives to each of the dims, such as "batch"; "" where it gives none. A
  // name stays where LoadOptions say what the extent is.
  std::vector<std::string> dim_names;

  // "float32 [1, 224, 224, 3]", for messages; a dynamic extent is "?".
  std::string ToString() const;
};

// A part of an OpenCL buffer. The handle is opaque, so that this header needs no OpenCL header.
struct OpenClBuffer {
  void* buffer = nullptr;  // A cl_mem that is a buffer; null: none.
  uint64_t offset = 0;     // Offset of the first element in the buffer, in bytes.
  uint64_t size = 0;       // Size of the elements, in bytes.
};

// Elements that are row-major without gaps. Copies of a tensor share them. The library never writes
// elements that another copy shares: a request that gets such a tensor as an output makes a new
// one.
//
// Thread contract: const methods are thread-safe, the rest is thread-compatible.
class Tensor {
 public:
  // No tensor: dtype() is kInvalid.
  Tensor();
  ~Tensor();
  Tensor(const Tensor&);
  Tensor& operator=(const Tensor&);
  Tensor(Tensor&&) noexcept;
  Tensor& operator=(Tensor&&) noexcept;

  // A tensor with zeroed memory of its own. kInvalidArgument for invalid dims (a negative extent,
  // more than 8 extents, more than 2^40 elements), kResourceExhausted if there is no memory.
  static StatusOr<Tensor> Allocate(DType dtype, std::vector<int64_t> dims);

  // A view of the caller's memory, which is never written. `release` (may be empty) is called once,
  // on any thread, when no copy of the tensor needs the memory any more; without it the memory must
  // outlive all copies. For invalid dims, or a null pointer with elements, status() holds the
  // error, and requests refuse the tensor. `data` need not be aligned.
  static Tensor View(DType dtype, const void* data, std::vector<int64_t> dims,
                     std::function<void()> release = nullptr);
  template <typename T>
  static Tensor View(const T* data, std::vector<int64_t> dims,
                     std::function<void()> release = nullptr) {
    return View(DTypeOf<T>::kValue, data, std::move(dims), std::move(release));
  }
  // A view of the caller's memory that a request may write, for outputs. REQUIRES: `data` is
  // aligned for the dtype. Otherwise the rules of View apply.
  static Tensor MutableView(DType dtype, void* data, std::vector<int64_t> dims,
                            std::function<void()> release = nullptr);
  template <typename T>
  static Tensor MutableView(T* data, std::vector<int64_t> dims,
                            std::function<void()> release = nullptr) {
    return MutableView(DTypeOf<T>::kValue, data, std::move(dims), std::move(release));
  }

  // Elements in a buffer of an OpenCL context that a model is compiled in (CompileOptions::opencl):
  // row-major without gaps, in the layout that the model declares. The buffer is retained as long as
  // a copy of the tensor lives; data() is null. A null handle, one that is no buffer, a size that is
  // not that of the elements, or a range beyond the buffer's end make a tensor whose status() says
  // so. A request reads it as an input and writes it as an output; the bytes of the two must not
  // overlap. Only float32 and int32 stay on the device the whole way: other dtypes are copied to the
  // host's memory and back (mace/api/request.h).
  static Tensor OpenCl(DType dtype, const OpenClBuffer& buffer, std::vector<int64_t> dims);

  // Why the tensor cannot be used; OK if it can, and for an empty one.
  const Status& status() const;
  bool empty() const { return dtype() == DType::kInvalid; }

  DType dtype() const;
  const std::vector<int64_t>& dims() const;
  int64_t elements() const;  // The product of the dims; 1 for a scalar.
  size_t bytes() const;

  // The elements; null if there are none in host memory.
  const void* data() const;
  // The elements as T; null if there are none, if T is not the dtype, or if the address is not
  // aligned for T.
  template <typename T>
  const T* data() const {
    return static_cast<const T*>(DataAs(DTypeOf<T>::kValue, alignof(T)));
  }
  // The elements, for writing. Null where data() is null, for a tensor of View, and if another copy
  // of the tensor exists.
  void* mutable_data();
  template <typename T>
  T* mutable_data() {
    return DataAs(DTypeOf<T>::kValue, alignof(T)) == nullptr ? nullptr
                                                             : static_cast<T*>(mutable_data());
  }

  // The elements as another dtype: floats round to the nearest float, and are cut towards zero where
  // they become integers. A number that the dtype does not hold becomes any other. The tensor itself
  // where it has the dtype already. kInvalidArgument for a tensor that is none or lies in an OpenCL
  // buffer, kResourceExhausted where there is no memory.
  StatusOr<Tensor> ConvertTo(DType dtype) const;

  // Where the elements are; a null handle for a tensor in host memory.
  OpenClBuffer opencl_buffer() const;

  struct State;  // Internal.

 private:
  friend struct TensorAccess;
  const void* DataAs(DType dtype, size_t alignment) const;
  std::shared_ptr<State> state_;  // Null: no tensor.
};

}  // namespace mace

#endif  // MACE_API_TENSOR_H_
