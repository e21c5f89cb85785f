// ONNX's models, op set 6 and later.
#ifndef MACE_IMPORT_ONNX_IMPORT_H_
#define MACE_IMPORT_ONNX_IMPORT_H_

#include <memory>
#include <string>

#include "mace/base/span.h"
#include "mace/base/status.h"
#include "mace/graph/graph.h"
#include "mace/import/import.h"

namespace mace {

// The inputs are the graph's, or ImportOptions::inputs, those that the outputs need; the outputs
// are the graph's, or ImportOptions::outputs. ONNX's images are NCHW: a spatial op stands between
// Transposes, which the passes make meet. `folder` holds the files of external data; empty where
// there is none. `owner` keeps `model` alive, whose weights are viewed; null: they are copied.
// Errors name nodes; the caller adds the file.
StatusOr<std::shared_ptr<Graph>> ImportOnnx(Bytes model, std::shared_ptr<const void> owner,
                                            const std::string& folder,
                                            const ImportOptions& options);

}  // namespace mace

#endif  // MACE_IMPORT_ONNX_IMPORT_H_
