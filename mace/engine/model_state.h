// The implementation behind Model.
#ifndef MACE_ENGINE_MODEL_STATE_H_
#define MACE_ENGINE_MODEL_STATE_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mace/api/model.h"
#include "mace/engine/run_value_model.h"
#include "mace/formats/common/model_files.h"
#include "mace/formats/import_model.h"
#include "mace/graph/graph.h"

namespace mace {

// Immutable once the model is made.
struct [[gnu::visibility("hidden")]] Model::State {
  std::shared_ptr<ModelFiles> files;  // Null: the graph was made in code.
  ImportOptions import;               // With the requested dims.
  // If there are run_values, this is their guess, or without a guess a graph whose outputs have no
  // value.
  std::shared_ptr<const Graph> graph;
  std::vector<TensorSpec> inputs;
  std::vector<TensorSpec> outputs;
  std::shared_ptr<const RunValueModel> run_values;  // Null: shapes depend on shapes alone.
};

struct ModelAccess {
  // Null for a default-made model.
  static const std::shared_ptr<const Model::State>& StateOf(const Model& model) {
    return model.state_;
  }
  // A model from a graph that was made in code.
  static Model FromGraph(std::shared_ptr<const Graph> graph);
  static Model FromState(std::shared_ptr<const Model::State> state) {
    return Model(std::move(state));
  }
};

// Model::Load without making the public handle.
StatusOr<std::shared_ptr<const Model::State>> LoadModelState(const std::string& path,
                                                             const LoadOptions& options);

// Imports the model again with these input dims, added to the dims of LoadOptions.
StatusOr<std::shared_ptr<const Graph>> ImportWithDims(const Model::State& model,
                                                      const DimsByName& input_dims);
// Imports a model with run values again, with these input dims. `run_values`: those that are known.
StatusOr<AskedGraph> ImportAsking(const Model::State& model, const DimsByName& input_dims,
                                  const RunValues& run_values);
// kUnsupported for a model with run values. `what` is the work that such a model is refused for.
Status RefuseRunValues(const Model::State& model, const std::string& what);

}  // namespace mace

#endif  // MACE_ENGINE_MODEL_STATE_H_
