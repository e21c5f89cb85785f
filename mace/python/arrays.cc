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

// `array` as a dense one of that dtype. Values that it cannot hold become infinities, without a
// warning of numpy's.
py::object ToDense(const py::module_& numpy, const py::object& array, const py::dtype& wanted) {
  // numpy's error state is the thread's: it is put back when a conversion raises, too.
  struct Quiet {
    explicit Quiet(const py::module_& numpy)
        : state(numpy.attr("errstate")(py::arg("over") = "ignore")) {
      state.attr("__enter__")();
    }
    ~Quiet() {
      try {
        // Python calls run with no error set; the one of the conversion is set again afterwards.
        py::error_scope pending;
        state.attr("__exit__")(py::none(), py::none(), py::none());
      } catch (const py::error_already_set&) {
        // Nothing can be done about a state that does not end.
      }
    }
    py::object state;
  };
  const Quiet quiet(numpy);
  return numpy.attr("ascontiguousarray")(array, wanted);
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
  const std::string found = py::str(array.attr("dtype")).cast<std::string>();
  // An engine takes float32 for every float type: nothing is rounded on the way.
  if (IsFloat(dtype) && found == DTypeName(DType::kFloat32)) dtype = DType::kFloat32;
  const py::dtype wanted(NumpyName(dtype));
  if (!numpy.attr("can_cast")(array.attr("dtype"), wanted, "same_kind").cast<bool>()) {
    throw py::type_error("input '" + name + "': expected " + DTypeName(dtype) + ", found " + found);
  }
  const py::object given = array;
  array = ToDense(numpy, array, wanted);
  if (IsFloat(dtype) && given.attr("dtype").attr("itemsize").cast<size_t>() > DTypeSize(dtype)) {
    // A double may be larger than any float.
    const auto infinities = [&](const py::object& values) {
      return numpy.attr("count_nonzero")(numpy.attr("isinf")(values)).cast<int64_t>();
    };
    if (infinities(given) != infinities(array)) {
      throw py::value_error("input '" + name + "': has values that " + DTypeName(dtype) +
                            " cannot hold");
    }
  }
  const bool narrows = given.attr("dtype").attr("itemsize").cast<size_t>() > DTypeSize(dtype);
  if (!IsFloat(dtype) && narrows && !numpy.attr("array_equal")(given, array).cast<bool>()) {
    throw py::value_error("input '" + name + "': has values that " + DTypeName(dtype) +
                          " cannot hold");
  }
  auto holder = std::make_shared<ArrayHolder>();
  holder->array = py::reinterpret_borrow<py::array>(array);
  const py::array& dense = holder->array;
  std::vector<int64_t> dims(dense.shape(), dense.shape() + dense.ndim());
  // ascontiguousarray makes a scalar an array of one.
  if (py::cast<int64_t>(numpy.attr("ndim")(object)) == 0) dims.clear();
  StatusOr<Shape> shape = Shape::Make(dims);
  if (!shape.ok()) Raise(shape.status().WithPrefix("input '" + name + "'"));
  const TensorInfo info = {dtype, *shape};
  const Bytes bytes(static_cast<const uint8_t*>(dense.data()), info.bytes());
  return HostTensor::View(info, bytes, std::move(holder));
}

HostTensor TensorFromAnyArray(const py::handle& object, const std::string& name) {
  const py::object array = py::module_::import("numpy").attr("asarray")(object);
  const std::string found = py::str(array.attr("dtype")).cast<std::string>();
  for (DType dtype : {DType::kFloat32, DType::kFloat16, DType::kInt32, DType::kInt64, DType::kUInt8,
                      DType::kInt8, DType::kBool}) {
    if (found == DTypeName(dtype)) return TensorFromArray(array, dtype, name);
  }
  if (found == "float64") return TensorFromArray(array, DType::kFloat32, name);
  throw py::type_error("input '" + name + "': no tensor has elements of type " + found);
}

py::array ArrayFromTensor(const HostTensor& tensor) {
  auto* owner = new HostTensor(tensor);
  const py::capsule capsule(owner, [](void* pointer) { delete static_cast<HostTensor*>(pointer); });
  // Said here: Debian's pybind11 asks a dtype of numpy 2 for its size in the wrong place.
  const std::vector<int64_t>& dims = tensor.shape().dims();
  std::vector<int64_t> strides(dims.size());
  int64_t stride = static_cast<int64_t>(DTypeSize(tensor.dtype()));
  for (size_t axis = dims.size(); axis-- > 0;) {
    strides[axis] = stride;
    stride *= dims[axis];
  }
  return py::array(py::dtype(NumpyName(tensor.dtype())), dims, strides, tensor.bytes().data(),
                   capsule);
}

}  // namespace mace
