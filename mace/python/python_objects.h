// The ends of Python objects that C++ holds and of C++ objects that Python holds.
#ifndef MACE_PYTHON_PYTHON_OBJECTS_H_
#define MACE_PYTHON_PYTHON_OBJECTS_H_

#include <pybind11/pybind11.h>

#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace mace {

// Whether a thread may still take the GIL.
inline bool PythonIsAlive() {
#if PY_VERSION_HEX >= 0x030D0000  // 3.13 gave the function its public name.
  const bool is_finalizing = Py_IsFinalizing() != 0;
#else
  const bool is_finalizing = _Py_IsFinalizing() != 0;
#endif
  return Py_IsInitialized() != 0 && !is_finalizing;
}

// Keeps a Python object alive until the last copy of the result is destroyed, on any thread. An
// object that outlives the interpreter is never released.
inline std::shared_ptr<pybind11::object> Hold(pybind11::object object) {
  return std::shared_ptr<pybind11::object>(new pybind11::object(std::move(object)),
                                           [](pybind11::object* held) {
                                             if (!PythonIsAlive()) {
                                               held->release();
                                               delete held;
                                               return;
                                             }
                                             pybind11::gil_scoped_acquire gil;
                                             delete held;
                                           });
}

// For `release` of Tensor and MemoryBytes: keeps the object alive until the function is called or
// destroyed.
inline std::function<void()> KeepUntilReleased(pybind11::object object) {
  return [held = Hold(std::move(object))]() mutable { held.reset(); };
}

// Calls a Python function from any thread and gives false only if it returned False. An exception
// goes to sys.unraisablehook, since no C++ caller could handle it.
template <typename... Arguments>
bool CallPython(const std::shared_ptr<pybind11::object>& function, const char* what,
                const Arguments&... arguments) {
  if (!PythonIsAlive()) return false;
  pybind11::gil_scoped_acquire gil;
  try {
    return !(*function)(arguments...).is(pybind11::bool_(false));
  } catch (pybind11::error_already_set& error) {
    error.discard_as_unraisable(what);
    return false;
  }
}

// Destroys without the GIL, because the end of a compiled model waits for its cache file.
template <typename T>
struct DeleteWithoutGil {
  void operator()(T* object) const {
    std::optional<pybind11::gil_scoped_release> release;
    if (PyGILState_Check() != 0) release.emplace();
    delete object;
  }
};
template <typename T>
using PythonOwned = std::unique_ptr<T, DeleteWithoutGil<T>>;

}  // namespace mace

#endif  // MACE_PYTHON_PYTHON_OBJECTS_H_
