// The form of single ops in a MACE file, where it differs from the form in the graph.
#ifndef MACE_FORMATS_MACE_EXPORT_OPS_H_
#define MACE_FORMATS_MACE_EXPORT_OPS_H_

#include <map>
#include <string>
#include <vector>

#include "mace/base/status.h"
#include "mace/formats/proto/mace.pb.h"
#include "mace/graph/graph.h"

namespace mace {

// One op on its way into the file.
struct ExportedOp {
  const Graph* graph = nullptr;
  Node node;               // Its attributes are written as arguments.
  int framework_type = 0;  // 0: TensorFlow's form; 2: ONNX's.
  // Constants that the file has as inputs too: input index, values.
  std::map<size_t, std::vector<int64_t>> number_inputs;
  std::vector<wire::DataType> output_types;
  std::vector<std::string> beyond_upstream;  // Why upstream's runtime would not do the same.
};

// The argument data_format of an op of this type: AUTO (the runtime's order, which is that of the
// graph) or NHWC. `transposable`: whether the op says has_data_format too.
int64_t DataFormatOf(const std::string& type, bool* transposable);

// Whether upstream's ops can say the node in several steps, from which passes make one node again:
// the products of x and its sigmoid.
bool HasMaceSteps(const Node& node);
// REQUIRES: HasMaceSteps. The node then consists of these steps (Node::steps).
void SetMaceSteps(Node* node);

// Brings the op into the file's form. The inverse of NormalizeMaceOp.
Status ToMaceForm(ExportedOp* op);

}  // namespace mace

#endif  // MACE_FORMATS_MACE_EXPORT_OPS_H_
