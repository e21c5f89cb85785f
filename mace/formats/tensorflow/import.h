// TensorFlow's frozen graphs.
#ifndef MACE_FORMATS_TENSORFLOW_IMPORT_H_
#define MACE_FORMATS_TENSORFLOW_IMPORT_H_

#include <memory>

#include "mace/base/status.h"
#include "mace/formats/common/byte_source.h"
#include "mace/formats/common/import_options.h"
#include "mace/graph/graph.h"

namespace mace {

// Placeholders are the inputs, under their node names; the outputs are ImportOptions::outputs, or
// the nodes that no other one reads. Variables must be frozen into Const nodes. Errors name nodes;
// the caller adds the file.
StatusOr<std::shared_ptr<Graph>> ImportTensorFlow(const ByteSource& model,
                                                  const ImportOptions& options);

}  // namespace mace

#endif  // MACE_FORMATS_TENSORFLOW_IMPORT_H_
