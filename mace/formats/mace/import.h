// MACE's model format: a MultiNetDef of one net, its weights in a file beside it.
#ifndef MACE_FORMATS_MACE_IMPORT_H_
#define MACE_FORMATS_MACE_IMPORT_H_

#include <memory>

#include "mace/base/status.h"
#include "mace/formats/common/import_options.h"
#include "mace/formats/common/model_files.h"
#include "mace/formats/common/sniff.h"
#include "mace/graph/graph.h"

namespace mace {

// `format` is kMaceMultiNet or kMaceNet. Errors name tensors and nodes; the caller adds the file.
StatusOr<std::shared_ptr<Graph>> ImportMace(ModelFiles* files, ModelFormat format,
                                            const ImportOptions& options);

}  // namespace mace

#endif  // MACE_FORMATS_MACE_IMPORT_H_
