// Loads a model on another thread while this one opens the device. Loading a driver takes ten to a
// hundred times as long and keeps one processor busy. Large weights are read later, when they are
// packed (ImportOptions::read_weights_later).
//
// Thread contract: thread-compatible. The loading thread reads no environment variable.
#ifndef MACE_ENGINE_MODEL_LOADER_H_
#define MACE_ENGINE_MODEL_LOADER_H_

#include <functional>
#include <memory>
#include <thread>

#include "mace/base/status.h"
#include "mace/engine/model_state.h"

namespace mace {

class ModelLoader {
 public:
  using Load = std::function<StatusOr<std::shared_ptr<const Model::State>>()>;

  // What is done with the model on the same thread. An exception of it is an error of Take.
  using Then = std::function<void(const std::shared_ptr<const Model::State>& loaded)>;

  // Calls `load` and, where that gives a model, `then`. Their tensors count against the memory
  // budget of the calling thread.
  ModelLoader(Load load, Then then);
  ~ModelLoader();
  ModelLoader(const ModelLoader&) = delete;
  ModelLoader& operator=(const ModelLoader&) = delete;

  // Waits for the answer of `load`. May be called once.
  StatusOr<std::shared_ptr<const Model::State>> Take();

 private:
  void Run();

  const Load load_;
  const Then then_;
  StatusOr<std::shared_ptr<const Model::State>> loaded_;
  std::thread thread_;
};

}  // namespace mace

#endif  // MACE_ENGINE_MODEL_LOADER_H_
