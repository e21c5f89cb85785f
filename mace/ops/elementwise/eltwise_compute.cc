// The functions of two numbers for the types of Eltwise: the truth that the kernels are compared
// with.
#include <algorithm>
#include <cmath>
#include <limits>

#include "mace/ops/elementwise/eltwise.h"

namespace mace {
namespace {

int64_t Wrap(uint64_t bits) { return static_cast<int64_t>(bits); }

// y[i] = function(a, b) for each pair of the row, where both are read as A.
template <typename A, typename T, typename Y, typename Function>
void ForEach(const EltwiseRow<T>& row, int64_t count, Y* y, Function function) {
  for (int64_t i = 0; i < count; ++i) {
    const A a = static_cast<A>(row.a[i * row.a_step]), b = static_cast<A>(row.b[i * row.b_step]);
    y[i] = static_cast<Y>(function(a, b));
  }
}

template <typename T>
void Compare(EltwiseType type, const EltwiseRow<T>& row, int64_t count, uint8_t* y) {
  switch (type) {
    case EltwiseType::kEqual:
      return ForEach<T>(row, count, y, [](T a, T b) { return a == b; });
    case EltwiseType::kNotEqual:
      return ForEach<T>(row, count, y, [](T a, T b) { return a != b; });
    case EltwiseType::kLess:
      return ForEach<T>(row, count, y, [](T a, T b) { return a < b; });
    case EltwiseType::kLessEqual:
      return ForEach<T>(row, count, y, [](T a, T b) { return a <= b; });
    case EltwiseType::kGreater:
      return ForEach<T>(row, count, y, [](T a, T b) { return a > b; });
    case EltwiseType::kGreaterEqual:
      return ForEach<T>(row, count, y, [](T a, T b) { return a >= b; });
    case EltwiseType::kAnd:
      return ForEach<T>(row, count, y, [](T a, T b) { return a != 0 && b != 0; });
    case EltwiseType::kOr:
      return ForEach<T>(row, count, y, [](T a, T b) { return a != 0 || b != 0; });
    default:  // kXor.
      return ForEach<T>(row, count, y, [](T a, T b) { return (a != 0) != (b != 0); });
  }
}

double WeightedSum(const EltwiseAttributes& attributes, double a, double b) {
  return attributes.p * a + attributes.q * b;
}

double Clip(const EltwiseAttributes& attributes, double a) {
  return a < attributes.p ? attributes.p : (a > attributes.q ? attributes.q : a);
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

// base^exponent as multiplications of integers, which wrap around.
int64_t Power(int64_t base, uint64_t exponent) {
  uint64_t result = 1, factor = static_cast<uint64_t>(base);
  for (; exponent > 0; exponent >>= 1) {
    if ((exponent & 1) != 0) result *= factor;
    factor *= factor;
  }
  return Wrap(result);
}

// REQUIRES: b != 0 where the type divides.
int64_t ComputeInteger(const EltwiseAttributes& attributes, int64_t a, int64_t b) {
  const uint64_t ua = static_cast<uint64_t>(a), ub = static_cast<uint64_t>(b);
  const double da = static_cast<double>(a), db = static_cast<double>(b);
  switch (attributes.type) {
    case EltwiseType::kSum:
      if (!attributes.has_coeff) return Wrap(ua + ub);
      return SaturateToInt64(WeightedSum(attributes, da, db));
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
      return b >= 0 ? Power(a, ub) : SaturateToInt64(std::pow(da, db));
    case EltwiseType::kClip:
      return SaturateToInt64(Clip(attributes, da));
    default:
      return ComputeBits(attributes.type, a, b);
  }
}

// The types whose result for uint64 is not that of int64 with the same bits. REQUIRES: b != 0 where
// the type divides.
int64_t ComputeUnsigned(const EltwiseAttributes& attributes, uint64_t a, uint64_t b) {
  switch (attributes.type) {
    case EltwiseType::kDiv:
    case EltwiseType::kFloorDiv:
      return Wrap(a / b);
    case EltwiseType::kModulo:
    case EltwiseType::kRemainder:
      return Wrap(a % b);
    case EltwiseType::kMin:
      return Wrap(std::min(a, b));
    case EltwiseType::kMax:
      return Wrap(std::max(a, b));
    case EltwiseType::kAbs:
      return Wrap(a);
    case EltwiseType::kSign:
      return a != 0 ? 1 : 0;
    case EltwiseType::kPow:
      return Power(Wrap(a), b);
    case EltwiseType::kShiftLeft:
      return b > 63 ? 0 : Wrap(a << b);
    case EltwiseType::kShiftRight:
      return b > 63 ? 0 : Wrap(a >> b);
    default:
      return ComputeInteger(attributes, Wrap(a), Wrap(b));
  }
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

void CompareEltwise(EltwiseType type, const EltwiseRow<float>& row, int64_t count, uint8_t* y) {
  Compare(type, row, count, y);
}

void CompareEltwise(EltwiseType type, const EltwiseRow<int64_t>& row, int64_t count, uint8_t* y) {
  Compare(type, row, count, y);
}

void CompareEltwise(EltwiseType type, const EltwiseRow<uint64_t>& row, int64_t count, uint8_t* y) {
  Compare(type, row, count, y);
}

void ComputeEltwise(const EltwiseAttributes& attributes, const EltwiseRow<float>& row,
                    int64_t count, float* y) {
  const auto each = [&](auto function) { ForEach<double>(row, count, y, function); };
  switch (attributes.type) {
    case EltwiseType::kSum:
      return each([&attributes](double a, double b) { return WeightedSum(attributes, a, b); });
    case EltwiseType::kSub:
      return each([](double a, double b) { return a - b; });
    case EltwiseType::kProd:
      return each([](double a, double b) { return a * b; });
    case EltwiseType::kDiv:
      return each([](double a, double b) { return a / b; });
    case EltwiseType::kMin:
      return each([](double a, double b) { return a < b || std::isnan(a) ? a : b; });
    case EltwiseType::kMax:
      return each([](double a, double b) { return a > b || std::isnan(a) ? a : b; });
    case EltwiseType::kNeg:
      return each([](double a, double) { return -a; });
    case EltwiseType::kAbs:
      return each([](double a, double) { return std::fabs(a); });
    case EltwiseType::kSqrDiff:
      return each([](double a, double b) { return (a - b) * (a - b); });
    case EltwiseType::kPow:
      return each([](double a, double b) { return std::pow(a, b); });
    case EltwiseType::kFloorDiv:
      // The quotient as float, as the kernels see it: in double it could be just below an integer.
      return each([](double a, double b) {
        return std::floor(static_cast<float>(a) / static_cast<float>(b));
      });
    case EltwiseType::kClip:
      return each([&attributes](double a, double) { return Clip(attributes, a); });
    case EltwiseType::kSign:
      return each([](double a, double) { return a > 0 ? 1.0 : (a < 0 ? -1.0 : a); });
    default:  // kRemainder.
      return each([](double a, double b) { return std::fmod(a, b); });
  }
}

void ComputeEltwise(const EltwiseAttributes& attributes, const EltwiseRow<int64_t>& row,
                    int64_t count, int64_t* y) {
  for (int64_t i = 0; i < count; ++i)
    y[i] = ComputeInteger(attributes, row.a[i * row.a_step], row.b[i * row.b_step]);
}

void ComputeEltwise(const EltwiseAttributes& attributes, const EltwiseRow<uint64_t>& row,
                    int64_t count, int64_t* y) {
  for (int64_t i = 0; i < count; ++i)
    y[i] = ComputeUnsigned(attributes, row.a[i * row.a_step], row.b[i * row.b_step]);
}

}  // namespace mace
