// TensorFlow's frozen graphs, in protobuf's binary form or as text.
#ifndef MACE_FORMATS_TENSORFLOW_IMPORT_H_
#define MACE_FORMATS_TENSORFLOW_IMPORT_H_

#include <cstdint>
#include <memory>

#include "mace/base/status.h"
#include "mace/formats/common/byte_source.h"
#include "mace/formats/common/import_options.h"
#include "mace/formats/proto/tensorflow.pb.h"
#include "mace/graph/graph.h"

namespace mace {

// Placeholders are the inputs, under their node names; the outputs are ImportOptions::outputs, or
// the nodes that no other one reads. Variables must be frozen into Const nodes. Errors name nodes;
// the caller adds the file.
StatusOr<std::shared_ptr<Graph>> ImportTensorFlow(const ByteSource& model,
                                                  const ImportOptions& options);

// Imports a graph that is written as text (.pbtxt).
StatusOr<std::shared_ptr<Graph>> ImportTensorFlowText(const ByteSource& model,
                                                      const ImportOptions& options);

class TfVariables;  // evaluator.h

// A graph that was parsed, how large its file is, and where its variables are; null: nowhere.
struct ParsedTfGraph {
  std::shared_ptr<const tf::GraphDef> def;
  uint64_t model_bytes = 0;
  TfVariables* variables = nullptr;
};

StatusOr<std::shared_ptr<Graph>> ImportTensorFlowGraph(ParsedTfGraph parsed,
                                                       const ImportOptions& options);

}  // namespace mace

#endif  // MACE_FORMATS_TENSORFLOW_IMPORT_H_
