// A dense tensor in host memory or in an OpenCL buffer, as an app gives it to a request and gets it
// back.
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

// An input or output of a model: what a tensor for it must be.
struct TensorSpec {
  std::string name;
  DType dtype = DType::kFloat32;
  // Outermost extent first; -1: dynamic, the tensor that is set gives it.
  std::vector<int64_t> dims;
  // "NHWC", "NCHW" or "NONE": what the model says of the order of the dims. It is a description:
  // nothing is transposed by it.
  std::string layout = "NONE";
  // The name that the file gives to each of the dims, such as "batch"; "" where it gives none. A
  // name stays where LoadOptions say what the extent is.
  std::vector<std::string> dim_names;

  // "float32 [1, 224, 224, 3]", for messages; a dynamic extent is "?".
  std::string ToString() const;
};

// A part of an OpenCL buffer. The handle is opaque, so that this header needs none of OpenCL's.
struct OpenClBuffer {
  void* buffer = nullptr;  // A cl_mem that is a buffer; null: none.
  uint64_t offset = 0;     // Of the first element, in bytes from the buffer's beginning.
  uint64_t size = 0;       // Of the elements, in bytes.
};

// A tensor is a value: copies share the elements, which are row-major without gaps. Nothing writes
// into elements that another copy can see: a request that is given such a tensor as an output puts
// a new one in its place.
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

  // Zeroed memory of its own. kInvalidArgument for dims that are no shape (a negative extent, more
  // than 8 of them, more than 2^40 elements), kResourceExhausted where there is no memory.
  static StatusOr<Tensor> Allocate(DType dtype, std::vector<int64_t> dims);

  // The caller's memory, which is read and never written. `release` (may be empty) is called once,
  // on any thread, when no copy of the tensor needs the memory any more; without it the memory must
  // outlive all copies. Dims that are no shape, or a null pointer with elements, make a tensor
  // whose status() says so, and which no request takes. `data` need not be aligned.
  static Tensor View(DType dtype, const void* data, std::vector<int64_t> dims,
                     std::function<void()> release = nullptr);
  template <typename T>
  static Tensor View(const T* data, std::vector<int64_t> dims,
                     std::function<void()> release = nullptr) {
    return View(DTypeOf<T>::kValue, data, std::move(dims), std::move(release));
  }
  // Memory of the caller, as for View, that a request may write as well: for outputs. `data` is
  // aligned for the dtype.
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

  // Why this is no tensor that can be used; OK for one that can, and for an empty one.
  const Status& status() const;
  bool empty() const { return dtype() == DType::kInvalid; }  // No tensor.

  DType dtype() const;
  const std::vector<int64_t>& dims() const;
  int64_t elements() const;  // The product of the dims; 1 for a scalar.
  size_t bytes() const;

  // The elements; null where there are none.
  const void* data() const;
  // The elements as T; null where there are none, where T is not the dtype, or where the address is
  // not aligned for T.
  template <typename T>
  const T* data() const {
    return static_cast<const T*>(DataAs(DTypeOf<T>::kValue, alignof(T)));
  }
  // For writing. Null as data(), and where the memory belongs to somebody who does not expect it
  // to change: that of View, or of which another copy exists.
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

  struct State;  // Of the engine alone.

 private:
  friend struct TensorAccess;
  const void* DataAs(DType dtype, size_t alignment) const;
  std::shared_ptr<State> state_;  // Null: no tensor.
};

}  // namespace mace

#endif  // MACE_API_TENSOR_H_
