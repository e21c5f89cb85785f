// Weights that the graph has as quantized integers (mace/ops/elementwise/dequantize.h), as constants of
// floats: MACE's format has no op for them, and an exporter finds the uint8 form of floats by itself.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_FORMATS_MACE_EXPORT_DEQUANTIZED_H_
#define MACE_FORMATS_MACE_EXPORT_DEQUANTIZED_H_

#include "mace/base/status.h"
#include "mace/graph/graph.h"

namespace mace {

// Whether the graph has such weights.
bool HasDequantized(const Graph& graph);
// The graph with their floats. kResourceExhausted where there is no memory for them.
StatusOr<Graph> EvaluateDequantized(const Graph& graph);

}  // namespace mace

#endif  // MACE_FORMATS_MACE_EXPORT_DEQUANTIZED_H_
