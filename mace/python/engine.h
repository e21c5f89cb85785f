// The class Engine of the Python module.
#ifndef MACE_PYTHON_ENGINE_H_
#define MACE_PYTHON_ENGINE_H_

#include <pybind11/pybind11.h>

namespace mace {

void AddEngine(pybind11::module_* module);
// compare(engine, reference, inputs, …) and the cache's functions.
void AddCompare(pybind11::module_* module);
void AddCacheTools(pybind11::module_* module);

}  // namespace mace

#endif  // MACE_PYTHON_ENGINE_H_
