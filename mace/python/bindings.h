// The parts of the extension module mace._mace. What users import is the package `mace` around it
// (source/): its classes check and document what a user gives, and the functions here hand it on to
// the public API of C++ (mace/mace.h).
//
// Threads: nothing here keeps Python's lock (the GIL) while it loads, compiles, waits, runs, writes
// or destroys.
#ifndef MACE_PYTHON_BINDINGS_H_
#define MACE_PYTHON_BINDINGS_H_

#include <pybind11/pybind11.h>

#include "mace/mace.h"

namespace mace {

// The Python exception mace.Error with `code` and the message. Called with the GIL held.
[[noreturn]] void Raise(const Status& status);
inline void RaiseIfError(const Status& status) {
  if (!status.ok()) Raise(status);
}

// What `call`, which gives a Status or a StatusOr, gives without the GIL. Raises mace.Error.
template <typename Call>
auto WithoutGil(const Call& call) -> decltype(call()) {
  pybind11::gil_scoped_release release;
  return call();
}

// LoadOptions, CompileOptions and their words.
void AddOptions(pybind11::module_* module);
// Model, CompiledModel and Request.
void AddModels(pybind11::module_* module);
// TensorSpec, Statistics, Device and what they hold; list_devices.
void AddRecords(pybind11::module_* module);
// set_log_sink and set_log_level.
void AddLog(pybind11::module_* module);
// difference, which compares two arrays.
void AddCompare(pybind11::module_* module);
// The functions of mace.cache.
void AddCacheTools(pybind11::module_* module);

}  // namespace mace

#endif  // MACE_PYTHON_BINDINGS_H_
