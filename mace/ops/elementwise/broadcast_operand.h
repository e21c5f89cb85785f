// An operand of an elementwise kernel under NumPy's broadcasting: an activation, packed weights, or
// one number. broadcast_operand.clh is the kernels' side.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_OPS_ELEMENTWISE_BROADCAST_OPERAND_H_
#define MACE_OPS_ELEMENTWISE_BROADCAST_OPERAND_H_

#include <cstdint>
#include <string>
#include <vector>

#include "mace/ops/op.h"

namespace mace {

struct BroadcastOperand {
  enum class Kind { kTensor, kWeights, kScalar };
  Kind kind = Kind::kScalar;
  int input = -1;  // Index of the op's input.
  Shape shape;
  const HostTensor* constant = nullptr;  // The request keeps it.
  float scalar = 0;
};

// Input `index` of the op. A constant of one number is kScalar: it needs no memory.
BroadcastOperand MakeBroadcastOperand(const LoweringRequest& request, int index);

// Whether the 4-D view can express this broadcast: the axes that it folds into n are all there or
// all 1.
bool FoldsIntoView(const Shape& operand, const Shape& out);

// The arguments for OPERAND_TENSOR or OPERAND_WEIGHTS of a kernel on channels4; none for a number.
// `name` is that of the weights.
void AppendChannels4Operand(const BroadcastOperand& operand, const std::string& name,
                            KernelVariant* variant, Launch* launch);
// The argument for a kernel on row-major buffers: a pointer; none for a number.
void AppendRowMajorOperand(const BroadcastOperand& operand, const std::string& name,
                           KernelVariant* variant, Launch* launch);

// The parameters of OPERAND_EXTENTS: a shape as eight extents, those in front 1.
void AppendExtents(const Shape& shape, Launch* launch);
// The parameters of OPERAND_STEPS: elements between neighbours along each of the eight, 0 where the
// operand is broadcast.
void AppendSteps(const Shape& shape, Launch* launch);

}  // namespace mace

#endif  // MACE_OPS_ELEMENTWISE_BROADCAST_OPERAND_H_
