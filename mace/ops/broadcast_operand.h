// An operand of an elementwise op under NumPy's broadcasting: an activation, packed weights, or one
// number. What Eltwise and Where have in common; broadcast_operand.clh is the kernels' side.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_OPS_BROADCAST_OPERAND_H_
#define MACE_OPS_BROADCAST_OPERAND_H_

#include <cstdint>
#include <string>
#include <vector>

#include "mace/ops/op.h"

namespace mace {

struct BroadcastOperand {
  // The values of <letter>_KIND.
  enum class Kind { kTensor = 0, kWeights = 1, kScalar = 2 };
  Kind kind = Kind::kScalar;
  int input = -1;  // Of the op.
  Shape shape;
  const HostTensor* constant = nullptr;  // Of the request.
  float scalar = 0;
};

// Input `index` of the op. A constant of one number is kScalar: it needs no memory.
BroadcastOperand MakeBroadcastOperand(const LoweringRequest& request, int index);

// Whether the 4-D view can express this broadcast: the axes that it folds into n are all there or
// all 1.
bool FoldsIntoView(const Shape& operand, const Shape& out);

// For a kernel on channels4 with `channels` channels: the macros <letter>_KIND and <letter>_SPLAT,
// and the parameters of OPERAND_TENSOR or OPERAND_WEIGHTS, none for a number.
void AppendChannels4Operand(const BroadcastOperand& operand, const std::string& letter,
                            int64_t channels, Lowering* lowering, Launch* launch);

// For a kernel on row-major buffers: the macro <letter>_KIND and a pointer; a number is a weight.
void AppendRowMajorOperand(const BroadcastOperand& operand, const std::string& letter,
                           Lowering* lowering, Launch* launch);

// The parameters of OPERAND_EXTENTS: a shape as eight extents, those in front 1.
void AppendExtents(const Shape& shape, Launch* launch);
// The parameters of OPERAND_STEPS: elements between neighbours along each of the eight, 0 where the
// operand is broadcast.
void AppendSteps(const Shape& shape, Launch* launch);

}  // namespace mace

#endif  // MACE_OPS_BROADCAST_OPERAND_H_
