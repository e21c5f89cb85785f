// Dequantize: constants of quantized integers as the floats that they stand for,
//
//   y = scale * (x - zero_point)
//
// Inputs: integers x of 8, 4 or 2 bits, scale (floats), [zero point (integers, or floats that hold
// them)]. Attributes: axis (0 by default) and block_size (0 by default). A scale of one element is
// that of all of x. Otherwise there is one for each place of `axis`, or with a block_size one for
// each block of it: scale and zero point then have the shape of x, but for the axis, which counts
// blocks.
//
// Importers make such a node of weights that may stay packed in memory; the pass pack_weights
// (mace/passes/pack_weights.h) then packs or evaluates it. No kernel exists, because none is left.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_OPS_ELEMENTWISE_DEQUANTIZE_H_
#define MACE_OPS_ELEMENTWISE_DEQUANTIZE_H_

#include <string>

#include "mace/base/status.h"
#include "mace/graph/graph.h"
#include "mace/ops/elementwise/dequantize_tensor.h"

namespace mace {

// Whether weights of these integers may stay packed: matrices of 8, 4 or 2 bits an element that take
// at least 2^20 bytes as float32. Smaller ones are faster as floats, and save little.
bool MayStayPacked(const TensorInfo& integers);

// A node that dequantizes: x, scale and zero point (kNoValue: none) are constants of the graph.
// Name and outputs are the caller's.
Node MakeDequantize(ValueId x, ValueId scale, ValueId zero_point, int axis, int64_t block_size);

// The constants of a node of this type, as dequantize_tensor.h takes them. Its pointers are into the
// graph, and are valid until a value is added. REQUIRES: the inputs of the node are constants.
struct DequantizeNode {
  const HostTensor* integers = nullptr;
  DequantizeOptions options;
};
DequantizeNode ReadDequantize(const Graph& graph, const Node& node);

// What the node computes, which graphs of the same model share. REQUIRES: its inputs are constants.
StatusOr<HostTensor> EvaluateDequantize(const Graph& graph, const Node& node);

}  // namespace mace

#endif  // MACE_OPS_ELEMENTWISE_DEQUANTIZE_H_
