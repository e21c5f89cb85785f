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
  // Outermost extent first; -1: dynamic, decided by the tensor that is set, or of an output by the
  // run. An output of which not even the number of dims is known has the dims [-1].
  std::vector<int64_t> dims;
  // "NHWC", "NCHW" or "NONE": the declared order of the axes. It is only a description; nothing is
  // transposed because of it.
  std::string layout = "NONE";
  // The name that the model file gives to each of the dims, such as "batch"; "" for a dim without a
  // name. A name is kept even if LoadOptions set the extent.
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

// A tensor whose elements are in row-major order, without gaps. Copies of a tensor share its
// elements. Memory that the library allocated is never written while another copy shares it: a
// request whose output tensor has copies makes a new tensor.
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

  // A view of the caller's memory, which the library never writes. `release` (may be empty) is
  // called once, on any thread, when no copy of the tensor needs the memory any more; without
  // `release` the memory must outlive all copies. For invalid dims, or for a null pointer if there
  // are elements, status() holds the error, and requests refuse the tensor. `data` need not be
  // aligned.
  static Tensor View(DType dtype, const void* data, std::vector<int64_t> dims,
                     std::function<void()> release = nullptr);
  template <typename T>
  static Tensor View(const T* data, std::vector<int64_t> dims,
                     std::function<void()> release = nullptr) {
    return View(DTypeOf<T>::kValue, data, std::move(dims), std::move(release));
  }
  // A view of the caller's memory that a request may write, for outputs. REQUIRES: `data` is
  // aligned for the dtype. In all other respects the rules of View apply.
  static Tensor MutableView(DType dtype, void* data, std::vector<int64_t> dims,
                            std::function<void()> release = nullptr);
  template <typename T>
  static Tensor MutableView(T* data, std::vector<int64_t> dims,
                            std::function<void()> release = nullptr) {
    return MutableView(DTypeOf<T>::kValue, data, std::move(dims), std::move(release));
  }

  // A tensor whose elements are in a buffer of the OpenCL context that a model is compiled in
  // (CompileOptions::opencl). The elements are row-major without gaps, with the axes in the order
  // that the model declares. The buffer is retained as long as a copy of the tensor lives; data()
  // is null. For invalid dims, a null handle, a handle that is not a buffer, a size that is not
  // that of the elements, or a range beyond the buffer's end, status() holds the error. A request
  // reads the buffer of an input and writes the buffer of an output; the bytes of inputs and
  // outputs must not overlap. Only float32 and int32 elements stay on the device; other dtypes are
  // copied through the host's memory (mace/api/request.h).
  static Tensor OpenCl(DType dtype, const OpenClBuffer& buffer, std::vector<int64_t> dims);

  // The reason why the tensor cannot be used; OK for a usable tensor and for an empty one.
  const Status& status() const;
  bool empty() const { return dtype() == DType::kInvalid; }

  DType dtype() const;
  const std::vector<int64_t>& dims() const;
  int64_t elements() const;  // The product of the dims; 1 for a scalar, 0 for an empty tensor.
  size_t bytes() const;

  // The elements; null if there are none in host memory.
  const void* data() const;
  // The elements as T; null if there are none, if T is not the dtype, or if the address is not
  // aligned for T.
  template <typename T>
  const T* data() const {
    return static_cast<const T*>(DataAs(DTypeOf<T>::kValue, alignof(T)));
  }
  // The elements, for writing. Null if data() is null, for a tensor of View, and, except for a
  // tensor of MutableView, if another copy of the tensor exists.
  void* mutable_data();
  template <typename T>
  T* mutable_data() {
    return DataAs(DTypeOf<T>::kValue, alignof(T)) == nullptr ? nullptr
                                                             : static_cast<T*>(mutable_data());
  }

  // Converts the elements to another dtype. Floats are rounded to the nearest value of a float
  // dtype and truncated towards zero for an integer dtype. A number outside of the dtype's range
  // becomes an unspecified one. If the tensor has the dtype already and its address is aligned for
  // it, the result is a copy of the tensor, which shares the elements. kInvalidArgument for an
  // empty tensor, for one in an OpenCL buffer, and for kInvalid; kResourceExhausted if there is no
  // memory.
  StatusOr<Tensor> ConvertTo(DType dtype) const;

  // The part of an OpenCL buffer that holds the elements; its handle is null for a tensor in host
  // memory.
  OpenClBuffer opencl_buffer() const;

  struct State;  // Internal.

 private:
  friend struct TensorAccess;
  const void* DataAs(DType dtype, size_t alignment) const;
  std::shared_ptr<State> state_;  // Null: no tensor.
};

}  // namespace mace

#endif  // MACE_API_TENSOR_H_
