// The base of the ops whose output has the elements of input 0 in the same order under another
// shape (Reshape, Squeeze, Identity, ...): where the layout allows it, the output is the input's
// memory.
#ifndef MACE_OPS_SHAPE_ALIAS_OP_H_
#define MACE_OPS_SHAPE_ALIAS_OP_H_

#include <string>
#include <vector>

#include "mace/ops/move/move_op.h"

namespace mace {

class AliasOp : public MoveOp {
 public:
  using MoveOp::MoveOp;
  // The variants that alias, then those that copy.
  std::vector<KernelVariant> Lower(const LoweringRequest& request) const override;
  // The elements stay in order, so entries correspond where input and output have equally many.
  bool SplitsAlongBatch(const std::vector<OpInput>& inputs,
                        const std::vector<bool>& batched) const override;

 protected:
  // The output's shape. The caller checks that it has as many elements as the input.
  virtual StatusOr<Shape> OutputShape(const std::vector<OpInput>& inputs) const = 0;

 private:
  Status Describe(const std::vector<OpInput>& inputs, Move* move) const override;
};

// The variants for an output of this shape to be the memory of input 0: a row-major buffer always,
// channels4 where the pixels keep their places.
std::vector<KernelVariant> LowerAlias(const std::string& op, const LoweringRequest& request);

}  // namespace mace

#endif  // MACE_OPS_SHAPE_ALIAS_OP_H_
