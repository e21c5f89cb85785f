// TensorFlow's SavedModels: a folder of a graph with signatures, and a checkpoint of its variables.
#ifndef MACE_FORMATS_TENSORFLOW_SAVED_MODEL_H_
#define MACE_FORMATS_TENSORFLOW_SAVED_MODEL_H_

#include <memory>

#include "mace/base/status.h"
#include "mace/formats/common/import_options.h"
#include "mace/formats/common/model_files.h"
#include "mace/graph/graph.h"

namespace mace {

// The signature that ImportOptions::signature names; without a name "serving_default", or the only
// one that there is. Its names are those of the inputs and outputs; ImportOptions::outputs may name
// tensors of the graph in place of them. A refusal lists the signatures that there are.
// Variables are read from the checkpoint and become constants.
StatusOr<std::shared_ptr<Graph>> ImportSavedModel(const std::shared_ptr<ModelFiles>& files,
                                                  const ImportOptions& options);

}  // namespace mace

#endif  // MACE_FORMATS_TENSORFLOW_SAVED_MODEL_H_
