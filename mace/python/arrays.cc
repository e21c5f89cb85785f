#include "mace/python/arrays.h"

#include <memory>
#include <utility>

namespace mace {

namespace py = pybind11;

namespace {

const char* NumpyName(DType dtype) {
  // numpy has no bfloat16; such tensors are constants alone and never seen here.
  return DTypeName(dtype);
}

// Dropped on any thread: a tensor may outlive the call that made it.
struct ArrayHolder {
  py::array array;
  ~ArrayHolder() {
    py::gil_scoped_acquire gil;
    array = py::array();
  }
};

}  // namespace

HostTensor TensorFromArray(const py::handle& object, DType dtype, const std::string& name) {
  const py::module_ numpy = py::module_::import("numpy");
  py::object array = numpy.attr("asarray")(object);
  const py::dtype wanted(NumpyName(dtype));
  if (!numpy.attr("can_cast")(array.attr("dtype"), wanted, "same_kind").cast<bool>()) {
    throw py::type_error("input '" + name + "': expected " + DTypeName(dtype) + ", found " +
                         py::str(array.attr("dtype")).cast<std::string>());
  }
  array = numpy.attr("ascontiguousarray")(array, wanted);
  auto holder = std::make_shared<ArrayHolder>();
  holder->array = py::reinterpret_borrow<py::array>(array);
  const py::array& dense = holder->array;
  std::vector<int64_t> dims(dense.shape(), dense.shape() + dense.ndim());
  // ascontiguousarray makes a scalar an array of one.
  if (py::cast<int64_t>(numpy.attr("ndim")(object)) == 0) dims.clear();
  StatusOr<Shape> shape = Shape::Make(dims);
  if (!shape.ok()) Raise(shape.status().WithPrefix("input '" + name + "'"));
  const Bytes bytes(static_cast<const uint8_t*>(dense.data()), static_cast<size_t>(dense.nbytes()));
  return HostTensor::View({dtype, *shape}, bytes, std::move(holder));
}

py::array ArrayFromTensor(const HostTensor& tensor) {
  auto* owner = new HostTensor(tensor);
  const py::capsule capsule(owner, [](void* pointer) { delete static_cast<HostTensor*>(pointer); });
  return py::array(py::dtype(NumpyName(tensor.dtype())), tensor.shape().dims(), {},
                   tensor.bytes().data(), capsule);
}

}  // namespace mace
