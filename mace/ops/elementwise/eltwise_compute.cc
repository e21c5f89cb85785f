// The functions of two numbers for the types of Eltwise: the truth that the kernels are compared
// with.
#include <algorithm>
#include <cmath>
#include <limits>

#include "mace/ops/elementwise/eltwise.h"

namespace mace {
namespace {

int64_t Wrap(uint64_t bits) { return static_cast<int64_t>(bits); }

// -1, 0 or 1; unordered numbers (a NaN) are 2.
int Order(double a, double b) { return a < b ? -1 : (a > b ? 1 : (a == b ? 0 : 2)); }
int Order(int64_t a, int64_t b) { return a < b ? -1 : (a > b ? 1 : 0); }

// REQUIRES: a comparison or logic.
template <typename T>
bool Holds(EltwiseType type, T a, T b) {
  const int order = Order(a, b);
  switch (type) {
    case EltwiseType::kEqual:
      return order == 0;
    case EltwiseType::kNotEqual:
      return order != 0;
    case EltwiseType::kLess:
      return order == -1;
    case EltwiseType::kLessEqual:
      return order == -1 || order == 0;
    case EltwiseType::kGreater:
      return order == 1;
    case EltwiseType::kGreaterEqual:
      return order == 1 || order == 0;
    case EltwiseType::kAnd:
      return a != 0 && b != 0;
    case EltwiseType::kOr:
      return a != 0 || b != 0;
    default:  // kXor.
      return (a != 0) != (b != 0);
  }
}

// REQUIRES: b != 0 for the divisions.
int64_t Divide(EltwiseType type, int64_t a, int64_t b) {
  // The one quotient that does not fit would trap.
  const int64_t quotient = b == -1 ? Wrap(0 - static_cast<uint64_t>(a)) : a / b;
  const int64_t rest = b == -1 ? 0 : a % b;
  const bool down = rest != 0 && (a < 0) != (b < 0);
  switch (type) {
    case EltwiseType::kDiv:
      return quotient;
    case EltwiseType::kFloorDiv:
      return quotient - (down ? 1 : 0);
    case EltwiseType::kModulo:
      return down ? rest + b : rest;
    default:  // kRemainder.
      return rest;
  }
}

int64_t ComputeBits(EltwiseType type, int64_t a, int64_t b) {
  const uint64_t bits = static_cast<uint64_t>(a);
  const bool far = b < 0 || b > 63;
  switch (type) {
    case EltwiseType::kBitAnd:
      return a & b;
    case EltwiseType::kBitOr:
      return a | b;
    case EltwiseType::kBitXor:
      return a ^ b;
    case EltwiseType::kShiftLeft:
      return far ? 0 : Wrap(bits << b);
    default:  // kShiftRight.
      return far ? (a < 0 ? -1 : 0) : a >> b;
  }
}

// base^exponent as multiplications of integers, which wrap around. REQUIRES: exponent >= 0.
int64_t Power(int64_t base, int64_t exponent) {
  uint64_t result = 1, factor = static_cast<uint64_t>(base);
  for (; exponent > 0; exponent >>= 1) {
    if ((exponent & 1) != 0) result *= factor;
    factor *= factor;
  }
  return Wrap(result);
}

}  // namespace

int64_t SaturateToInt64(double value) {
  if (std::isnan(value)) return 0;
  if (value >= 9223372036854775807.0) return std::numeric_limits<int64_t>::max();
  if (value <= -9223372036854775808.0) return std::numeric_limits<int64_t>::min();
  return static_cast<int64_t>(value);
}

float EltwiseAttributes::DeviceScalar(DType other) const {
  return other == DType::kBool ? static_cast<float>(SaturateToInt64(scalar)) : scalar;
}

double ComputeEltwise(const EltwiseAttributes& attributes, double a, double b) {
  switch (attributes.type) {
    case EltwiseType::kSum:
      return attributes.p * a + attributes.q * b;
    case EltwiseType::kSub:
      return a - b;
    case EltwiseType::kProd:
      return a * b;
    case EltwiseType::kDiv:
      return a / b;
    case EltwiseType::kMin:
      return a < b || std::isnan(a) ? a : b;
    case EltwiseType::kMax:
      return a > b || std::isnan(a) ? a : b;
    case EltwiseType::kNeg:
      return -a;
    case EltwiseType::kAbs:
      return std::fabs(a);
    case EltwiseType::kSqrDiff:
      return (a - b) * (a - b);
    case EltwiseType::kPow:
      return std::pow(a, b);
    case EltwiseType::kFloorDiv:
      // The quotient as float, as the kernels see it: in double it could be just below an integer.
      return std::floor(static_cast<float>(a) / static_cast<float>(b));
    case EltwiseType::kClip:
      return a < attributes.p ? attributes.p : (a > attributes.q ? attributes.q : a);
    case EltwiseType::kSign:
      return a > 0 ? 1.0 : (a < 0 ? -1.0 : a);
    case EltwiseType::kRemainder:
      return std::fmod(a, b);
    default:
      return Holds(attributes.type, a, b) ? 1 : 0;
  }
}

int64_t ComputeEltwiseInteger(const EltwiseAttributes& attributes, int64_t a, int64_t b) {
  const uint64_t ua = static_cast<uint64_t>(a), ub = static_cast<uint64_t>(b);
  switch (attributes.type) {
    case EltwiseType::kSum:
      if (!attributes.has_coeff) return Wrap(ua + ub);
      break;
    case EltwiseType::kSub:
      return Wrap(ua - ub);
    case EltwiseType::kProd:
      return Wrap(ua * ub);
    case EltwiseType::kDiv:
    case EltwiseType::kFloorDiv:
    case EltwiseType::kModulo:
    case EltwiseType::kRemainder:
      return Divide(attributes.type, a, b);
    case EltwiseType::kMin:
      return std::min(a, b);
    case EltwiseType::kMax:
      return std::max(a, b);
    case EltwiseType::kNeg:
      return Wrap(0 - ua);
    case EltwiseType::kAbs:
      return a < 0 ? Wrap(0 - ua) : a;
    case EltwiseType::kSqrDiff:
      return Wrap((ua - ub) * (ua - ub));
    case EltwiseType::kSign:
      return a > 0 ? 1 : (a < 0 ? -1 : 0);
    case EltwiseType::kPow:
      if (b >= 0) return Power(a, b);
      break;
    case EltwiseType::kClip:
      break;
    default:
      if (attributes.type >= EltwiseType::kBitAnd) return ComputeBits(attributes.type, a, b);
      return Holds(attributes.type, a, b) ? 1 : 0;
  }
  return SaturateToInt64(
      ComputeEltwise(attributes, static_cast<double>(a), static_cast<double>(b)));
}

}  // namespace mace
