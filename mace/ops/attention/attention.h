// Attention: y = softmax(scale * q k^T + mask) v for each head of each batch entry, as one node
// that never writes the scores. The pass fuse_attention.h makes such nodes.
//
// Operands are views of tensors of any shape: the element of batch entry b, head h and so on lies at
// offset + b * strides[0] + h * strides[1] + ... in the tensor's row-major order. So transpositions,
// slices and reshapes before and behind the products need no copy.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_OPS_ATTENTION_ATTENTION_H_
#define MACE_OPS_ATTENTION_ATTENTION_H_

#include <array>
#include <cstdint>
#include <vector>

#include "mace/base/status.h"
#include "mace/graph/node.h"
#include "mace/graph/shape.h"
#include "mace/ops/op.h"

namespace mace {

struct AttentionView {
  int64_t offset = 0;
  // Elements between neighbours along four axes: batch, head, and the two axes of the matrix.
  std::array<int64_t, 4> strides = {};
};

struct Attention {
  int64_t batch = 1, heads = 1;
  int64_t rows = 1;         // Queries of a head.
  int64_t columns = 1;      // Keys of a head.
  int64_t depth = 1;        // Elements of a query and of a key.
  int64_t value_depth = 1;  // Elements of a value and of a row of y.
  float scale = 1;
  AttentionView q;     // [batch, heads, rows, depth]
  AttentionView k;     // [batch, heads, columns, depth]
  AttentionView v;     // [batch, heads, columns, value_depth]
  AttentionView mask;  // [batch, heads, rows, columns]; strides of 0 repeat it.
  AttentionView y;     // [batch, heads, rows, value_depth]
  Shape shape;         // y's tensor, whose elements the view y covers.

  double products() const;  // Multiply-adds of both products.
};

// Inputs of the op.
enum AttentionInput : size_t { kAttentionQ, kAttentionK, kAttentionV, kAttentionMask };

// Attributes: extents [batch, heads, rows, columns, depth, value_depth], scale, shape, and q, k, v,
// mask, y: [offset, 4 strides]. kInvalidArgument where a list has another length, an extent is not
// above 0, or an offset or a stride is negative.
StatusOr<Attention> ParseAttention(const AttributeMap& attributes);
void SetAttention(const Attention& attention, AttributeMap* attributes);

// A configuration of the kernel attention_tensor; the fields are its macros.
struct AttentionTile {
  int warps;      // Warps of a work-group, each of which takes a part of the keys.
  int row_tiles;  // 16 queries each.

  int rows() const { return 16 * row_tiles; }
  int items() const { return 32 * warps; }
};

// All that a variant may choose from.
std::vector<AttentionTile> AttentionTiles();

// Whether attention_tensor can compute these views in the request's precision, and the device can
// run a tile's work-groups.
bool FitsAttentionTile(const Attention& attention, const LoweringRequest& request,
                       const AttentionTile& tile);

// In plain OpenCL C where the device is not NVIDIA's: for tests. REQUIRES: FitsAttentionTile.
KernelVariant LowerAttentionTile(const Attention& attention, const LoweringRequest& request,
                                 const AttentionTile& tile);

// A variant for each tile that fits, where the device has tensor cores and the precision may use
// them; else nothing.
void LowerAttention(const Attention& attention, const LoweringRequest& request,
                    std::vector<KernelVariant>* result);

}  // namespace mace

#endif  // MACE_OPS_ATTENTION_ATTENTION_H_
