// The way back: a graph as a MACE model, `.pb` and `.data`, in the conventions of upstream's own
// converter (one net, runtime order NHWC, filters OIHW and MIHW, tensors packed at multiples of
// four), so that both this importer and upstream's runtime read it. Large weights whose elements
// are multiples of one scale, as those of quantized models are, become uint8 of that scale. What
// becomes of int64: export_integers.h.
//
// Where upstream has no op or argument, this engine's own names are written, and the export lists
// them. Errors: kUnsupported, naming the node, for what the format cannot hold at all. Thread
// contract: thread-safe.
#ifndef MACE_FORMATS_MACE_EXPORT_H_
#define MACE_FORMATS_MACE_EXPORT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "mace/base/status.h"
#include "mace/graph/graph.h"

namespace mace {

struct MaceExportOptions {
  // Float constants as IEEE halves, except those with a value that a half cannot hold.
  bool half_weights = false;
};

struct MaceExport {
  std::string model;          // The `.pb`.
  std::vector<uint8_t> data;  // The `.data`.
  // "node 'x' (Type): why" or "input 'x': type", for each that upstream's runtime does not know.
  std::vector<std::string> beyond_upstream;
  // "input 'x'" or "output 'x'", for each that is int64 in the graph and int32 in the file.
  std::vector<std::string> narrowed;
};

// A node of several steps (Node::steps) is written as these. REQUIRES: a graph as importers make
// them, every shape known; or one node of a graph after the passes.
StatusOr<MaceExport> ExportMace(const Graph& graph, const MaceExportOptions& options);

}  // namespace mace

#endif  // MACE_FORMATS_MACE_EXPORT_H_
