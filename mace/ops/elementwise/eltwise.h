// Eltwise: y = activation(f(a, b)) element by element with NumPy's broadcasting over any rank.
//
// Attributes (MACE's names): type; with one input, scalar_input (the other operand) and
// scalar_input_index (1, the default: the scalar is b; 0: it is a); coeff: the weights [p, q] of
// SUM, or the bounds [min, max] of CLIP; and those of fused_activation.h. NEG, ABS, CLIP and SIGN
// look at a alone.
//
// Types: float tensors give float32. Integer tensors of one type keep it, of two they give int32
// (int64 where either is, or uint32), and uint64 goes with its own type alone. Division truncates
// towards zero, FLOOR_DIV rounds down, MODULO has the divisor's sign and REMAINDER the dividend's,
// the rest wraps around. Comparisons and logic give bool. MODULO, logic and bits are for integers and bools alone.
//
// Errors: kInvalidArgument where shapes do not broadcast, types do not go together, or an integer
// is divided by zero.
#ifndef MACE_OPS_ELEMENTWISE_ELTWISE_H_
#define MACE_OPS_ELEMENTWISE_ELTWISE_H_

#include "mace/ops/elementwise/fused_activation.h"
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
  // From here on the numbers are this project's own.
  kLess = 16,
  kLessEqual = 17,
  kGreater = 18,
  kGreaterEqual = 19,
  kAnd = 20,
  kOr = 21,
  kXor = 22,
  kModulo = 23,
  kRemainder = 24,
  kBitAnd = 25,
  kBitOr = 26,
  kBitXor = 27,
  kShiftLeft = 28,
  kShiftRight = 29,
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

  bool IsLogic() const { return type >= EltwiseType::kAnd && type <= EltwiseType::kXor; }
  // Whether the result is a bool.
  bool IsComparison() const {
    return type == EltwiseType::kEqual ||
           (type >= EltwiseType::kNotEqual && type <= EltwiseType::kXor);
  }
  // The scalar as the reference sees it, to which bools are integers.
  float DeviceScalar(DType other) const;
  bool Divides() const {
    return type == EltwiseType::kDiv || type == EltwiseType::kFloorDiv ||
           type == EltwiseType::kModulo || type == EltwiseType::kRemainder;
  }
  bool IsUnary() const {
    return type == EltwiseType::kNeg || type == EltwiseType::kAbs || type == EltwiseType::kClip ||
           type == EltwiseType::kSign;
  }
};

// Where a row of results reads its two operands: a[i * a_step] and b[i * b_step] for result i.
template <typename T>
struct EltwiseRow {
  const T* a = nullptr;
  const T* b = nullptr;
  int64_t a_step = 0;
  int64_t b_step = 0;
};

// y[i] = f(a, b) of row.a and row.b for i in [0, count), in double, without the activation.
// REQUIRES: neither a comparison nor an operation for integers alone.
void ComputeEltwise(const EltwiseAttributes& attributes, const EltwiseRow<float>& row,
                    int64_t count, float* y);
// y[i] = f(a, b) in 64 bits, which wrap around. REQUIRES: not a comparison; no b is 0 where the type
// divides.
void ComputeEltwise(const EltwiseAttributes& attributes, const EltwiseRow<int64_t>& row,
                    int64_t count, int64_t* y);
void ComputeEltwise(const EltwiseAttributes& attributes, const EltwiseRow<uint64_t>& row,
                    int64_t count, int64_t* y);
// y[i] = 1 where the comparison or the logic of a and b holds, else 0.
void CompareEltwise(EltwiseType type, const EltwiseRow<float>& row, int64_t count, uint8_t* y);
void CompareEltwise(EltwiseType type, const EltwiseRow<int64_t>& row, int64_t count, uint8_t* y);
void CompareEltwise(EltwiseType type, const EltwiseRow<uint64_t>& row, int64_t count, uint8_t* y);
// The nearest integer towards zero that the type holds; 0 for a NaN.
int64_t SaturateToInt64(double value);

}  // namespace mace

#endif  // MACE_OPS_ELEMENTWISE_ELTWISE_H_
