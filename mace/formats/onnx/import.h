// ONNX's models, op set 6 and later.
#ifndef MACE_FORMATS_ONNX_IMPORT_H_
#define MACE_FORMATS_ONNX_IMPORT_H_

#include <memory>

#include "mace/base/status.h"
#include "mace/formats/common/import_options.h"
#include "mace/formats/common/model_files.h"
#include "mace/graph/graph.h"

namespace mace {

// The inputs are the graph's, or ImportOptions::inputs, those that the outputs need; the outputs
// are the graph's, or ImportOptions::outputs. ONNX's images are NCHW: a spatial op stands between
// Transposes, which the passes make meet. Errors name nodes; the caller adds the file.
StatusOr<std::shared_ptr<Graph>> ImportOnnx(ModelFiles* files, const ImportOptions& options);

}  // namespace mace

#endif  // MACE_FORMATS_ONNX_IMPORT_H_
