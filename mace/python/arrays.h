// numpy arrays as tensors, and tensors as numpy arrays, without a copy where that can be.
#ifndef MACE_PYTHON_ARRAYS_H_
#define MACE_PYTHON_ARRAYS_H_

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <string>

#include "mace/base/status.h"
#include "mace/graph/tensor.h"

namespace mace {

// The Python exception mace.Error with `code` and the message. Called with the GIL held.
[[noreturn]] void Raise(const Status& status);
inline void RaiseIfError(const Status& status) {
  if (!status.ok()) Raise(status);
}

// Any array-like as a tensor of `dtype`. A C-contiguous array of that dtype is viewed, not copied:
// the tensor keeps it alive. Another dtype is converted where numpy calls that "same kind" (float64
// to float32, int64 to int32). Raises TypeError where not; `name` is for the message.
HostTensor TensorFromArray(const pybind11::handle& object, DType dtype, const std::string& name);

// The same with the dtype that the array has. Raises TypeError where no tensor has it.
HostTensor TensorFromAnyArray(const pybind11::handle& object, const std::string& name);

// An array that shares the tensor's elements and keeps them alive.
pybind11::array ArrayFromTensor(const HostTensor& tensor);

}  // namespace mace

#endif  // MACE_PYTHON_ARRAYS_H_
