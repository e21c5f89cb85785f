#include <pybind11/stl.h>

#include "mace/graph/difference.h"
#include "mace/graph/tensor.h"
#include "mace/python/arrays.h"
#include "mace/python/bindings.h"

namespace mace {

namespace py = pybind11;

namespace {

// The array's elements, which the caller keeps alive. REQUIRES: they are row-major without gaps.
HostTensor ElementsOf(const py::array& array) {
  const DType dtype = DTypeOfArray(array);
  if (dtype == DType::kInvalid) {
    throw py::type_error("no tensor has elements of type " +
                         py::str(array.attr("dtype")).cast<std::string>());
  }
  const StatusOr<Shape> shape = Shape::Make(DimsOfArray(array));
  RaiseIfError(shape.status());
  const TensorInfo info{dtype, *shape};
  const Bytes bytes(static_cast<const uint8_t*>(array.data()), info.bytes());
  return HostTensor::View(info, bytes, nullptr);
}

Difference ArrayDifference(const py::array& expected, const py::array& found) {
  const HostTensor a = ElementsOf(expected), b = ElementsOf(found);
  return WithoutGil([&] { return Compare(a, b); });
}

}  // namespace

void AddCompare(py::module_* module) {
  py::class_<Difference>(*module, "Difference")
      .def_readonly("same_shape", &Difference::same_shape)
      .def_readonly("max_abs_error", &Difference::max_abs_error)
      .def_readonly("max_rel_error", &Difference::max_rel_error)
      .def_readonly("range", &Difference::range)
      .def_readonly("cosine", &Difference::cosine)
      .def_readonly("snr_db", &Difference::snr_db);
  module->def("difference", &ArrayDifference, py::arg("expected"), py::arg("found"));
  module->attr("DEFAULT_RTOL") = kDefaultRtolFloat32;
}

}  // namespace mace
