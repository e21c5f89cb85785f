// MACE's model format: a MultiNetDef of one net, its weights in a file beside it.
#ifndef MACE_IMPORT_MACE_IMPORT_H_
#define MACE_IMPORT_MACE_IMPORT_H_

#include <memory>

#include "mace/base/status.h"
#include "mace/graph/graph.h"
#include "mace/import/import.h"
#include "mace/import/model_files.h"
#include "mace/import/sniff.h"

namespace mace {

// `format` is kMaceMultiNet or kMaceNet. Errors name tensors and nodes; the caller adds the file.
StatusOr<std::shared_ptr<Graph>> ImportMace(ModelFiles* files, ModelFormat format,
                                            const ImportOptions& options);

}  // namespace mace

#endif  // MACE_IMPORT_MACE_IMPORT_H_
