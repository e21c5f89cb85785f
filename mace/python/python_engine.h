// An engine as Python holds it.
//
// Thread contract: thread-safe; runs of one engine wait for each other, without the GIL.
#ifndef MACE_PYTHON_PYTHON_ENGINE_H_
#define MACE_PYTHON_PYTHON_ENGINE_H_

#include <pybind11/pybind11.h>

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "mace/runtime/engine.h"

namespace mace {

class PythonEngine {
 public:
  explicit PythonEngine(std::unique_ptr<Engine> engine) : engine_(std::move(engine)) {}

  Engine& engine() { return *engine_; }
  // Inputs by name. Raises KeyError, TypeError or mace.Error.
  std::vector<HostTensor> Run(const pybind11::dict& inputs);
  Status FinishCache() {
    std::lock_guard<std::mutex> lock(mutex_);
    return engine_->FinishCache();
  }

 private:
  std::mutex mutex_;
  std::unique_ptr<Engine> engine_;
  // The engine may look at the last inputs until the next run.
  std::vector<HostTensor> held_inputs_;
};

}  // namespace mace

#endif  // MACE_PYTHON_PYTHON_ENGINE_H_
