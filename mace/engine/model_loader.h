// Loads a model on another thread while the calling thread opens the device. Loading a driver takes
// ten to a hundred times as long as loading a model and keeps one processor busy. Large weights are
// read later, when they are packed (ImportOptions::read_weights_later).
//
// Thread contract: thread-compatible. The loading thread reads no environment variable.
#ifndef MACE_ENGINE_MODEL_LOADER_H_
#define MACE_ENGINE_MODEL_LOADER_H_

#include <functional>
#include <future>
#include <memory>
#include <thread>

#include "mace/base/status.h"
#include "mace/engine/model_state.h"

namespace mace {

class ModelLoader {
 public:
  using Load = std::function<StatusOr<std::shared_ptr<const Model::State>>()>;

  // Work for the loading thread once the model can be taken; must not throw.
  using Rest = std::function<void()>;
  // Receives the model on the loading thread. If the function runs out of memory, Take gives the
  // error. The result (may be null) is work that the destructor waits for, not Take.
  using Then = std::function<Rest(const std::shared_ptr<const Model::State>& loaded)>;

  // Starts a thread that calls `load` and, if it gives a model, `then`, and what `then` returns. The
  // tensors that they allocate count against the memory budget of the calling thread. If no thread
  // can be started, the constructor calls them itself.
  ModelLoader(Load load, Then then);
  // Waits for all of it.
  ~ModelLoader();
  ModelLoader(const ModelLoader&) = delete;
  ModelLoader& operator=(const ModelLoader&) = delete;

  // Waits for the end of `load` and `then`, and gives the model or the error. May be called once.
  StatusOr<std::shared_ptr<const Model::State>> Take();

 private:
  Rest LoadAndThen();
  void Run();

  const Load load_;
  const Then then_;
  StatusOr<std::shared_ptr<const Model::State>> loaded_;
  std::promise<void> done_;  // `load` and `then` have returned.
  std::thread thread_;
};

}  // namespace mace

#endif  // MACE_ENGINE_MODEL_LOADER_H_
