// The ways each node could run on the device: its op's lowerings, less those a limit of the device
// forbids.
#ifndef MACE_PLAN_CANDIDATES_H_
#define MACE_PLAN_CANDIDATES_H_

#include <string>
#include <vector>

#include "mace/plan/bound_graph.h"
#include "mace/plan/plan.h"

namespace mace {

struct NodeCandidates {
  std::vector<Lowering> ways;
  // Why there is none, or why the preferred storage is not among them; empty otherwise.
  std::string why;
};

// For each node the precision that its kernels read and write: that of the options, but float32 for
// what makes the graph's outputs, back through ops that work element by element, and in half
// precision for what makes or reads wide values (wide_values.h).
std::vector<Precision> NodePrecisions(const Graph& graph, const OpList& ops, Precision precision);

// `options` with the precision and the most scratch of this node. REQUIRES: every shape of the
// graph is known.
NodeCandidates FindCandidates(const Graph& graph, const Node& node, const Op& op,
                              const DeviceInfo& device, const PlanOptions& options);

// Texels of the image that holds a channels4 tensor of this shape.
struct ImageExtent {
  size_t width = 0;
  size_t height = 0;
};
ImageExtent ImageExtentOf(const Shape& shape);

// Both formats are the same bytes: row_major, and channels4 in a buffer without padding; blocks too
// where there is but one, or one position.
bool SameBytes(const Shape& shape, const TensorFormat& a, const TensorFormat& b);

}  // namespace mace

#endif  // MACE_PLAN_CANDIDATES_H_
