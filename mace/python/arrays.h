// Converts between numpy arrays and tensors without a copy.
#ifndef MACE_PYTHON_ARRAYS_H_
#define MACE_PYTHON_ARRAYS_H_

#include <pybind11/numpy.h>

#include <string>
#include <vector>

#include "mace/mace.h"

namespace mace {

// The element type of a numpy array; kInvalid if no tensor has it.
DType DTypeOfArray(const pybind11::array& array);
std::vector<int64_t> DimsOfArray(const pybind11::array& array);

// A tensor that shares the array's memory and keeps the array alive. Raises TypeError if no tensor
// has the element type, or if the memory is not row-major without gaps.
Tensor ViewOfArray(const pybind11::array& array);
// A tensor for an output: a run writes into the array's memory. Raises the errors of ViewOfArray,
// and ValueError for a read-only array.
Tensor MutableViewOfArray(const pybind11::array& array);

// An array that shares the tensor's elements and keeps them alive.
pybind11::array ArrayOfTensor(const Tensor& tensor);

}  // namespace mace

#endif  // MACE_PYTHON_ARRAYS_H_
