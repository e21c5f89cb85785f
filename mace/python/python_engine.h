// An engine as Python holds it.
//
// Thread contract: thread-safe; runs of one engine wait for each other, without the GIL. No method
// keeps the GIL while it waits, runs, writes or destroys, and the destructor lets go of it too.
#ifndef MACE_PYTHON_PYTHON_ENGINE_H_
#define MACE_PYTHON_PYTHON_ENGINE_H_

#include <pybind11/pybind11.h>
#include <unistd.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "mace/engine/engine.h"

namespace mace {

class PythonEngine {
 public:
  explicit PythonEngine(std::unique_ptr<Engine> engine)
      : inputs_(engine->inputs()), outputs_(engine->outputs()), engine_(std::move(engine)) {}
  ~PythonEngine() { Close(); }

  const std::vector<Port>& inputs() const { return inputs_; }
  const std::vector<Port>& outputs() const { return outputs_; }

  // Inputs by name. Raises KeyError, TypeError or mace.Error.
  std::vector<HostTensor> Run(const pybind11::dict& inputs);
  // These raise mace.Error in a closed engine.
  void FinishCache();
  RunStats Stats() const;
  std::string Note() const;
  // Waits for a run, writes the cache file, and frees everything. Does nothing a second time.
  void Close();

 private:
  // kFailedPrecondition once it is closed. What it gives must not be let go with the GIL held.
  StatusOr<std::shared_ptr<Engine>> Get() const;

  // Waits for the runs of other threads. Not locked where a thread of the parent process, which is
  // not in this forked child, had a run at the fork.
  std::unique_lock<std::mutex> LockRuns();

  const pid_t process_ = getpid();
  const std::vector<Port> inputs_;
  const std::vector<Port> outputs_;
  std::mutex run_mutex_;             // Held for the length of a run; taken before engine_mutex_.
  mutable std::mutex engine_mutex_;  // Never held for long.
  std::shared_ptr<Engine> engine_;   // Null once it is closed.
};

}  // namespace mace

#endif  // MACE_PYTHON_PYTHON_ENGINE_H_
