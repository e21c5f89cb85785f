// Loads a model whose shapes depend on values that only a run gives.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_ENGINE_RUN_VALUE_MODEL_H_
#define MACE_ENGINE_RUN_VALUE_MODEL_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "mace/base/status.h"
#include "mace/engine/stage.h"
#include "mace/formats/common/model_files.h"
#include "mace/formats/import_model.h"
#include "mace/graph/graph.h"

namespace mace {

// What is known of such a model before a run.
struct RunValueModel {
  // The model's inputs, by index, whose elements decide shapes. A graph is planned for each set of
  // their elements, as it is for each set of shapes.
  std::set<size_t> inputs;
  bool one_by_one = false;  // RunValues::one_by_one.
  ValueNames handed_on;     // At least these values are handed on between stages.
  size_t stage_count = 1;   // What is expected; a run may have more.
  // A graph that was made with guessed elements: it shows the number of dims of the outputs. Null:
  // no guess fits the model.
  std::shared_ptr<const Graph> guess;
  // For each output of `guess`, its dims, -1 where a run decides.
  std::vector<std::vector<int64_t>> output_dims;
};

// ImportModel that stops at a value whose elements are not known.
StatusOr<AskedGraph> ImportAsking(const std::shared_ptr<ModelFiles>& files, ImportOptions options);

// REQUIRES: an import with `options` stops at a value that is not known. The error is that of the
// import if no run could succeed.
StatusOr<std::shared_ptr<const RunValueModel>> ExamineRunValues(
    const std::shared_ptr<ModelFiles>& files, const ImportOptions& options);

}  // namespace mace

#endif  // MACE_ENGINE_RUN_VALUE_MODEL_H_
