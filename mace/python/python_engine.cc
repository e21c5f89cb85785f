#include "mace/python/python_engine.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "mace/python/arrays.h"

namespace mace {

namespace py = pybind11;

namespace {

Status UsedAtFork() {
  return FailedPrecondition("engine: a thread of the parent process was using it at the fork");
}

}  // namespace

StatusOr<std::shared_ptr<Engine>> PythonEngine::Get() const {
  std::lock_guard<std::mutex> lock(engine_mutex_);
  if (engine_ == nullptr) return FailedPrecondition("engine: it is closed");
  return engine_;
}

std::unique_lock<std::mutex> PythonEngine::LockRuns() {
  if (getpid() == process_) return std::unique_lock<std::mutex>(run_mutex_);
  return std::unique_lock<std::mutex>(run_mutex_, std::try_to_lock);
}

std::vector<HostTensor> PythonEngine::Run(const py::dict& inputs) {
  std::vector<HostTensor> tensors;
  for (const Port& port : inputs_) {
    if (!inputs.contains(port.name)) {
      throw py::key_error("input '" + port.name + "' is missing");
    }
    tensors.push_back(TensorFromArray(inputs[py::str(port.name)], port.info.dtype, port.name));
  }
  for (const auto& [key, value] : inputs) {
    const std::string name = py::str(key).cast<std::string>();
    const bool known = std::any_of(inputs_.begin(), inputs_.end(),
                                   [&](const Port& port) { return port.name == name; });
    if (!known) throw py::key_error("the model has no input '" + name + "'");
  }
  StatusOr<std::vector<HostTensor>> outputs = Internal("not run");
  {
    py::gil_scoped_release release;
    // An engine runs once at a time; other engines run meanwhile.
    const std::unique_lock<std::mutex> lock = LockRuns();
    StatusOr<std::shared_ptr<Engine>> engine =
        lock ? Get() : StatusOr<std::shared_ptr<Engine>>(UsedAtFork());
    outputs =
        engine.ok() ? (*engine)->Run(tensors) : StatusOr<std::vector<HostTensor>>(engine.status());
  }
  RaiseIfError(outputs.status());
  return *std::move(outputs);
}

void PythonEngine::FinishCache() {
  Status status;
  {
    py::gil_scoped_release release;
    const std::unique_lock<std::mutex> lock = LockRuns();
    StatusOr<std::shared_ptr<Engine>> engine =
        lock ? Get() : StatusOr<std::shared_ptr<Engine>>(UsedAtFork());
    status = engine.ok() ? (*engine)->FinishCache() : engine.status();
  }
  RaiseIfError(status);
}

RunStats PythonEngine::Stats() const {
  StatusOr<RunStats> stats = Internal("not asked");
  {
    py::gil_scoped_release release;
    StatusOr<std::shared_ptr<Engine>> engine = Get();
    stats = engine.ok() ? (*engine)->stats() : StatusOr<RunStats>(engine.status());
  }
  RaiseIfError(stats.status());
  return *std::move(stats);
}

std::string PythonEngine::Note() const {
  StatusOr<std::string> note = Internal("not asked");
  {
    py::gil_scoped_release release;
    StatusOr<std::shared_ptr<Engine>> engine = Get();
    note = engine.ok() ? (*engine)->note() : StatusOr<std::string>(engine.status());
  }
  RaiseIfError(note.status());
  return *std::move(note);
}

void PythonEngine::Close() {
  // The last owner may be C++ code that does not hold the GIL.
  std::optional<py::gil_scoped_release> release;
  if (PyGILState_Check() != 0) release.emplace();
  const std::unique_lock<std::mutex> lock = LockRuns();
  std::shared_ptr<Engine> engine;
  {
    std::lock_guard<std::mutex> engine_lock(engine_mutex_);
    engine = std::move(engine_);
  }
  // An engine within a run of a thread that is gone is left as it is.
  if (!lock) static_cast<void>(new std::shared_ptr<Engine>(std::move(engine)));
}

}  // namespace mace
