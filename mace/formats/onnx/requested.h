// Which tensors of an ONNX graph the options ask for: the outputs, and where the graph is cut.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_FORMATS_ONNX_REQUESTED_H_
#define MACE_FORMATS_ONNX_REQUESTED_H_

#include <string>
#include <vector>

#include "mace/base/status.h"
#include "mace/formats/common/import_options.h"
#include "mace/formats/onnx/graph.h"

namespace mace {

// kNotFound for an input or a value that the options name and the graph does not have, or that is
// both; kInvalidArgument for an input that they name twice.
Status CheckRequested(const OnnxGraph& graph, const ImportOptions& options);

// The outputs of the options, or all outputs of the graph where they name none: each once, for one
// that the graph lists again is the same tensor under the same name.
std::vector<std::string> RequestedOutputs(const OnnxGraph& graph, const ImportOptions& options);

// The tensors that are inputs in place of those of the graph: the inputs of the options, or the
// tensors that they give a shape and that are no inputs of the graph.
std::vector<std::string> RequestedCut(const OnnxGraph& graph, const ImportOptions& options);

}  // namespace mace

#endif  // MACE_FORMATS_ONNX_REQUESTED_H_
