// The one description behind the ops that only move elements (Transpose, Concat, Slice, Pad, ...):
// a nest of loops, each with a stride in the input and in the output. The CPU runs it for any
// element size, the GPU by one kernel in three forms: row-major elements, blocks of four channels,
// and single channels gathered into blocks.
//
// Pure functions: thread-safe.
#ifndef MACE_OPS_MOVE_STRIDED_COPY_H_
#define MACE_OPS_MOVE_STRIDED_COPY_H_

#include <string>
#include <vector>

#include "mace/graph/tensor.h"
#include "mace/ops/op.h"

namespace mace {

// Which value is read where a position lies outside of [0, CopyAxis::bound). The values are the
// macro RULE of strided_copy.cl.
enum class OutsideRule {
  kNone = 0,
  kConstant = 1,   // StridedCopy::fill.
  kReflect = 2,    // -1 reads 1: the edge is not repeated.
  kSymmetric = 3,  // -1 reads 0.
  kEdge = 4,       // The nearest element inside.
};

// Iteration i of [0, extent) writes at i * output_stride and reads position start + i, which lies
// at position * input_stride. Strides are in elements and may be zero or, for the input, negative.
struct CopyAxis {
  int64_t extent = 1;
  int64_t input_stride = 0;
  int64_t output_stride = 0;
  int64_t start = 0;
  int64_t bound = 0;  // The rule's extent; 0: all positions are inside.
};

struct StridedCopy {
  int input = 0;   // Index of the op's input.
  int output = 0;  // Index of the op's output.
  int64_t input_offset = 0;
  int64_t output_offset = 0;
  std::vector<CopyAxis> axes;  // Outermost first.
  OutsideRule rule = OutsideRule::kNone;
  double fill = 0;

  int64_t elements() const;
};

// Elements between neighbours along each axis of a dense tensor.
std::vector<int64_t> DenseStrides(const Shape& shape);

// An equal copy with the fewest axes: extents of one are dropped, neighbours that run on are
// merged, rules that never apply are removed. At least one axis remains.
StridedCopy Simplify(const StridedCopy& copy);

// REQUIRES: input and output have the same dtype, and every position lies inside of them or under a
// rule.
Status RunStridedCopy(const StridedCopy& copy, const HostTensor& input, HostTensor* output);

// The variants that run all of `copies`, one launch each, named after `op`: row-major buffers, and
// channels4 in request.storage where each copy moves whole blocks of channels or fills its output
// alone. Empty where a tensor is not float32 or too large, or a copy has more than eight axes.
// REQUIRES: the copies together write all of every output.
std::vector<KernelVariant> LowerStridedCopies(const std::string& op, const LoweringRequest& request,
                                              const std::vector<StridedCopy>& copies);

}  // namespace mace

#endif  // MACE_OPS_MOVE_STRIDED_COPY_H_
