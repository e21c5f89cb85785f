#include <pybind11/stl.h>

#include "mace/diagnose.h"
#include "mace/python/arrays.h"
#include "mace/python/bindings.h"

namespace mace {

namespace py = pybind11;

namespace {

Difference ArrayDifference(const py::array& expected, const py::array& found) {
  const Tensor a = ViewOfArray(expected), b = ViewOfArray(found);
  const StatusOr<Difference> difference = WithoutGil([&] { return Compare(a, b); });
  RaiseIfError(difference.status());
  return *difference;
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
  module->attr("DEFAULT_RTOL") = DefaultTolerance(CompileOptions::Precision::kFloat32);
}

}  // namespace mace
