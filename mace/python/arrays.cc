#include "mace/python/arrays.h"

#include <utility>

#include "mace/python/python_objects.h"

namespace mace {

namespace py = pybind11;

namespace {

// All types except bfloat16. numpy itself has no integers of 4 and 2 bits; the arrays of ml_dtypes
// hold them in a byte each, as tensors do.
constexpr DType kDTypesOfArrays[] = {
    DType::kFloat32, DType::kFloat16, DType::kFloat64, DType::kInt32,
    DType::kInt64,   DType::kUInt8,   DType::kInt8,    DType::kBool,
    DType::kInt16,   DType::kUInt16,  DType::kUInt32,  DType::kUInt64,
    DType::kInt4,    DType::kUInt4,   DType::kInt2,    DType::kUInt2};

// The name of the numpy type that holds the elements.
const char* NumpyName(DType dtype) {
  if (dtype == DType::kInt4 || dtype == DType::kInt2) return DTypeName(DType::kInt8);
  if (dtype == DType::kUInt4 || dtype == DType::kUInt2) return DTypeName(DType::kUInt8);
  return DTypeName(dtype);
}

DType CheckArray(const py::array& array) {
  const DType dtype = DTypeOfArray(array);
  if (dtype == DType::kInvalid) {
    throw py::type_error("no tensor has elements of type " +
                         py::str(array.attr("dtype")).cast<std::string>());
  }
  if ((array.flags() & py::array::c_style) == 0) {
    throw py::type_error("expected an array that is row-major without gaps, found one that is not");
  }
  return dtype;
}

}  // namespace

DType DTypeOfArray(const py::array& array) {
  const py::object dtype = array.attr("dtype");
  if (!dtype.attr("isnative").cast<bool>()) return DType::kInvalid;
  const std::string name = py::str(dtype.attr("name")).cast<std::string>();
  for (const DType known : kDTypesOfArrays) {
    if (name == DTypeName(known)) return known;
  }
  return DType::kInvalid;
}

std::vector<int64_t> DimsOfArray(const py::array& array) {
  return std::vector<int64_t>(array.shape(), array.shape() + array.ndim());
}

Tensor ViewOfArray(const py::array& array) {
  const DType dtype = CheckArray(array);
  return Tensor::View(dtype, array.data(), DimsOfArray(array), KeepUntilReleased(array));
}

Tensor MutableViewOfArray(const py::array& array) {
  const DType dtype = CheckArray(array);
  if (!array.writeable()) {
    throw py::value_error("expected an array that may be written, found a read-only one");
  }
  void* const data = py::array(array).mutable_data();
  return Tensor::MutableView(dtype, data, DimsOfArray(array), KeepUntilReleased(array));
}

py::array ArrayOfTensor(const Tensor& tensor) {
  auto* const owner = new Tensor(tensor);
  const py::capsule capsule(owner, [](void* pointer) { delete static_cast<Tensor*>(pointer); });
  // The strides are given explicitly, because Debian's pybind11 reads a numpy 2 dtype's size from
  // the wrong place.
  const std::vector<int64_t>& dims = tensor.dims();
  std::vector<int64_t> strides(dims.size());
  int64_t stride = static_cast<int64_t>(DTypeSize(tensor.dtype()));
  for (size_t axis = dims.size(); axis-- > 0;) {
    strides[axis] = stride;
    stride *= dims[axis];
  }
  return py::array(py::dtype(NumpyName(tensor.dtype())), dims, strides, tensor.data(), capsule);
}

}  // namespace mace
