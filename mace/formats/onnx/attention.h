// Scaled dot-product attention and rotary embeddings, made of nodes of the graph, for the
// converters of all attention ops.
//
// Shapes: b batches, n heads of the queries, m heads of keys and values (m divides n; head i of the
// queries goes with head i / (n / m) of the keys), s queries, t keys, h and v the sizes of a head.
#ifndef MACE_FORMATS_ONNX_ATTENTION_H_
#define MACE_FORMATS_ONNX_ATTENTION_H_

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "mace/formats/onnx/node.h"

namespace mace {

// The bias of a key that a query may not see.
inline constexpr double kHiddenKeyBias = -std::numeric_limits<double>::infinity();

struct OnnxAttention {
  ValueId query = kNoValue;  // [b, n, s, h]
  ValueId key = kNoValue;    // [b, m, t, h]
  ValueId value = kNoValue;  // [b, m, t, v]
  // The products of queries and keys are multiplied by it; none: one over the root of h.
  std::optional<double> scale;
  double softcap = 0;         // A product p becomes softcap * tanh(p / softcap); 0: it stays.
  ValueId bias = kNoValue;    // Floats, added to the products; broadcasts to [b, n, s, t].
  bool zeros_masked = false;  // A query whose bias is -inf for every key gets zeros, not NaN.
  ValueId sink = kNoValue;    // [b, n, s, 1]: the logit of a further key, whose value is zeros.

  // Set by EmitAttention: [b, n, s, v], and [b, n, s, t] after each step.
  ValueId output = kNoValue;
  ValueId products = kNoValue, capped = kNoValue, biased = kNoValue, weights = kNoValue;
};

// kInvalidArgument names the shapes where they do not fit.
Status EmitAttention(OnnxNode* node, OnnxAttention* attention);

// Query i may see key j where low <= j - i - offset <= high.
struct OnnxAttentionBand {
  std::optional<int64_t> low, high;
  int64_t offset = 0;
  ValueId offsets = kNoValue;  // Integers [b], one for each batch, added to `offset`.
};
// 0 where a query may see the key, -inf elsewhere: [s, t], or [b, 1, s, t] with offsets.
StatusOr<ValueId> EmitBandBias(OnnxNode* node, int64_t queries, int64_t keys,
                               const OnnxAttentionBand& band);
// 0 where the mask of bools is true, `otherwise` elsewhere.
StatusOr<ValueId> EmitMaskBias(OnnxNode* node, ValueId mask, double otherwise);
// The sum of two biases; kNoValue stands for none.
StatusOr<ValueId> EmitBiasSum(OnnxNode* node, ValueId a, ValueId b);

// [b, s, heads * h] as [b, heads, s, h], and back.
StatusOr<ValueId> EmitSplitHeads(OnnxNode* node, ValueId x, int64_t heads);
StatusOr<ValueId> EmitJoinHeads(OnnxNode* node, ValueId x);

// EmitAttention, whose outputs become the node's: 0 the values with their heads joined, [b, s,
// heads * v], 1 and 2 the keys and the values that were seen.
Status EmitAttentionResults(OnnxNode* node, OnnxAttention* attention);

struct OnnxRotary {
  ValueId cosines = kNoValue;  // [b or 1, 1, s, size / 2]
  ValueId sines = kNoValue;
  bool interleaved = false;  // Neighbours are pairs; otherwise the two halves are.
};
// Turns pairs among the first `size` elements of each head of x [b, n, s, h], where size is twice
// the last extent of the cosines. kInvalidArgument where they do not fit.
StatusOr<ValueId> EmitRotary(OnnxNode* node, ValueId x, const OnnxRotary& rotary);
// Rows of a cache [positions, size / 2], as OnnxRotary has them. positions: integers [b, s].
StatusOr<ValueId> EmitRotaryRows(OnnxNode* node, ValueId cache, ValueId positions);

}  // namespace mace

#endif  // MACE_FORMATS_ONNX_ATTENTION_H_
