// The parts of the extension module mace._mace. Users import the package `mace` (source/), whose
// classes check and document their arguments and call the functions here. These pass them to the
// public C++ API (mace/mace.h).
//
// Threads: no function holds Python's global interpreter lock (GIL) while it loads, compiles,
// waits, runs, writes or destroys.
#ifndef MACE_PYTHON_BINDINGS_H_
#define MACE_PYTHON_BINDINGS_H_

#include <pybind11/pybind11.h>

#include "mace/mace.h"

namespace mace {

// Raises the Python exception mace.Error with `code` and message. REQUIRES: the GIL is held.
[[noreturn]] void Raise(const Status& status);
inline void RaiseIfError(const Status& status) {
  if (!status.ok()) Raise(status);
}

// Calls `call`, which gives a Status or a StatusOr, without the GIL. Raises mace.Error.
template <typename Call>
auto WithoutGil(const Call& call) -> decltype(call()) {
  pybind11::gil_scoped_release release;
  return call();
}

// Adds LoadOptions, CompileOptions and their words.
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
