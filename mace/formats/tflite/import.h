// TensorFlow Lite's model files (.tflite) as graphs: subgraph 0, its inputs and outputs under the
// names of the model's signature where it has one, else of their tensors.
//
// Errors: those of import_model.h; a refusal names the operator by its place and code.
// Thread contract: thread-safe.
#ifndef MACE_FORMATS_TFLITE_IMPORT_H_
#define MACE_FORMATS_TFLITE_IMPORT_H_

#include <memory>

#include "mace/base/status.h"
#include "mace/formats/common/byte_source.h"
#include "mace/formats/common/import_options.h"
#include "mace/graph/graph.h"

namespace mace {

StatusOr<std::shared_ptr<Graph>> ImportTflite(const ByteSource& source,
                                              const ImportOptions& options);

}  // namespace mace

#endif  // MACE_FORMATS_TFLITE_IMPORT_H_
