#include <pybind11/stl.h>

#include "mace/graph/difference.h"
#include "mace/python/arrays.h"
#include "mace/python/engine.h"
#include "mace/python/python_engine.h"

namespace mace {

namespace py = pybind11;

namespace {

py::dict Describe(const Difference& difference, double rtol) {
  py::dict entry;
  entry["same_shape"] = difference.same_shape;
  entry["max_abs_error"] = difference.max_abs_error;
  entry["max_rel_error"] = difference.max_rel_error;
  entry["range"] = difference.range;
  entry["cosine"] = difference.cosine;
  entry["snr_db"] = difference.snr_db;
  // Written so that a NaN fails.
  entry["passed"] = difference.same_shape && difference.max_abs_error <= rtol * difference.range;
  return entry;
}

py::dict ComparePython(const std::shared_ptr<PythonEngine>& engine, const py::object& reference,
                       const py::dict& inputs, double rtol) {
  const std::vector<HostTensor> found = engine->Run(inputs);
  const std::vector<Port>& ports = engine->outputs();
  std::map<std::string, HostTensor> expected;
  if (py::isinstance<PythonEngine>(reference)) {
    const auto other = py::cast<std::shared_ptr<PythonEngine>>(reference);
    const std::vector<HostTensor> outputs = other->Run(inputs);
    for (size_t i = 0; i < outputs.size(); ++i) expected[other->outputs()[i].name] = outputs[i];
  } else {
    const py::dict arrays = py::cast<py::dict>(reference);
    for (size_t i = 0; i < ports.size(); ++i) {
      if (!arrays.contains(ports[i].name)) continue;
      expected[ports[i].name] =
          TensorFromArray(arrays[py::str(ports[i].name)], found[i].dtype(), ports[i].name);
    }
  }
  py::dict result;
  for (size_t i = 0; i < ports.size(); ++i) {
    const auto wanted = expected.find(ports[i].name);
    if (wanted == expected.end()) {
      // A comparison of a part would look like one of the whole.
      throw py::key_error("the reference has no output '" + ports[i].name + "'");
    }
    result[py::str(ports[i].name)] = Describe(Compare(wanted->second, found[i]), rtol);
  }
  return result;
}

}  // namespace

void AddCompare(py::module_* module) {
  module->def("compare", &ComparePython, py::arg("engine"), py::arg("reference"), py::arg("inputs"),
              py::arg("rtol") = kDefaultRtolFloat32);
}

}  // namespace mace
