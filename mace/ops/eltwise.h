// Eltwise: y = activation(f(a, b)) element by element with NumPy's broadcasting over any rank.
//
// Attributes (MACE's names): type; with one input, scalar_input (the other operand) and
// scalar_input_index (1, the default: the scalar is b; 0: it is a); coeff: the weights [p, q] of
// SUM, or the bounds [min, max] of CLIP; and those of fused_activation.h. NEG, ABS, CLIP and SIGN
// look at a alone.
//
// Types: float tensors give float32. Integer tensors give int32 (int64 where either is); division
// truncates towards zero, FLOOR_DIV rounds down, sums and products wrap around. EQUAL and NOT_EQUAL
// give bool.
//
// Errors: kInvalidArgument where shapes do not broadcast, types do not go together, or an integer
// is divided by zero.
#ifndef MACE_OPS_ELTWISE_H_
#define MACE_OPS_ELTWISE_H_

#include "mace/ops/fused_activation.h"
#include "mace/ops/op.h"

namespace mace {

// The numbers of the attribute `type`.
enum class EltwiseType {
  kSum = 0,
  kSub = 1,
  kProd = 2,
  kDiv = 3,
  kMin = 4,
  kMax = 5,
  kNeg = 6,
  kAbs = 7,
  kSqrDiff = 8,
  kPow = 9,
  kEqual = 10,
  kFloorDiv = 11,
  kClip = 12,
  kSign = 13,
  kNotEqual = 15,
};

struct EltwiseAttributes {
  EltwiseType type = EltwiseType::kSum;
  FusedActivation activation;
  float scalar = 0;
  int scalar_index = 1;
  bool has_scalar = false;
  // SUM: weights of a and b. CLIP: bounds.
  float p = 1;
  float q = 1;
  bool has_coeff = false;

  bool IsComparison() const {
    return type == EltwiseType::kEqual || type == EltwiseType::kNotEqual;
  }
  bool IsUnary() const {
    return type == EltwiseType::kNeg || type == EltwiseType::kAbs || type == EltwiseType::kClip ||
           type == EltwiseType::kSign;
  }
};

// The GPU variants; see eltwise.cl.
std::vector<Lowering> LowerEltwise(const EltwiseAttributes& attributes,
                                   const LoweringRequest& request);

}  // namespace mace

#endif  // MACE_OPS_ELTWISE_H_
