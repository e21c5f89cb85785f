// numpy arrays as tensors, and tensors as numpy arrays, all without a copy.
#ifndef MACE_PYTHON_ARRAYS_H_
#define MACE_PYTHON_ARRAYS_H_

#include <pybind11/numpy.h>

#include <string>
#include <vector>

#include "mace/mace.h"

namespace mace {

// The element type of a numpy array; kInvalid where no tensor has it.
DType DTypeOfArray(const pybind11::array& array);
std::vector<int64_t> DimsOfArray(const pybind11::array& array);

// A tensor that shares the array's memory and keeps the array alive. Raises TypeError for elements
// of a type that no tensor has, and for memory that is not row-major without gaps.
Tensor ViewOfArray(const pybind11::array& array);
// A tensor for an output, which a run writes into the array's memory. Raises as ViewOfArray, and
// ValueError for an array that may not be written.
Tensor MutableViewOfArray(const pybind11::array& array);

// An array that shares the tensor's elements and keeps them alive.
pybind11::array ArrayOfTensor(const Tensor& tensor);

}  // namespace mace

#endif  // MACE_PYTHON_ARRAYS_H_
