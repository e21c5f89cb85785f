// What a Model is made of.
#ifndef MACE_ENGINE_MODEL_STATE_H_
#define MACE_ENGINE_MODEL_STATE_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mace/api/model.h"
#include "mace/formats/common/model_files.h"
#include "mace/formats/import_model.h"
#include "mace/graph/graph.h"

namespace mace {

// Does not change once the model is made.
struct [[gnu::visibility("hidden")]] Model::State {
  std::shared_ptr<ModelFiles> files;  // Null: a graph that is made in code.
  ImportOptions import;               // With the dims that were asked for.
  std::shared_ptr<const Graph> graph;
  std::vector<TensorSpec> inputs;
  std::vector<TensorSpec> outputs;
};

struct ModelAccess {
  // Null for a default-made model.
  static const std::shared_ptr<const Model::State>& StateOf(const Model& model) {
    return model.state_;
  }
  // A model of a graph that is made in code.
  static Model FromGraph(std::shared_ptr<const Graph> graph);
  static Model FromState(std::shared_ptr<const Model::State> state) {
    return Model(std::move(state));
  }
};

// Model::Load, before the handle is made.
StatusOr<std::shared_ptr<const Model::State>> LoadModelState(const std::string& path,
                                                             const LoadOptions& options);

// The model for these input dims, beside those that it was loaded with.
StatusOr<std::shared_ptr<const Graph>> ImportWithDims(const Model::State& model,
                                                      const DimsByName& input_dims);

}  // namespace mace

#endif  // MACE_ENGINE_MODEL_STATE_H_
