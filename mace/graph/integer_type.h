// What the integers of an element type are, for code that computes them all in 64 bits.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_GRAPH_INTEGER_TYPE_H_
#define MACE_GRAPH_INTEGER_TYPE_H_

#include <cstdint>

#include "mace/graph/dtype.h"

namespace mace {

struct IntegerType {
  int bits = 0;  // 0: the type is none of integers. A bool is none.
  bool is_signed = false;
};

inline IntegerType IntegerTypeOf(DType dtype) {
  switch (dtype) {
    case DType::kInt64:
      return {64, true};
    case DType::kUInt64:
      return {64, false};
    case DType::kInt32:
      return {32, true};
    case DType::kUInt32:
      return {32, false};
    case DType::kInt16:
      return {16, true};
    case DType::kUInt16:
      return {16, false};
    case DType::kInt8:
      return {8, true};
    case DType::kUInt8:
      return {8, false};
    case DType::kInt4:
      return {4, true};
    case DType::kUInt4:
      return {4, false};
    case DType::kInt2:
      return {2, true};
    case DType::kUInt2:
      return {2, false};
    default:
      return {};
  }
}

// Whether an element has fewer bits than the byte that holds it.
inline bool IsBelowByte(DType dtype) {
  const int bits = IntegerTypeOf(dtype).bits;
  return bits == 4 || bits == 2;
}

// The integer of the type that has the lowest bits of `value`, as the type's own arithmetic wraps
// around. 64 bits of either kind are as they were: those of uint64 are the int64_t of these bits.
inline int64_t WrapInteger(IntegerType type, int64_t value) {
  if (type.bits == 0 || type.bits == 64) return value;
  const uint64_t bits = static_cast<uint64_t>(value) & ((uint64_t{1} << type.bits) - 1);
  const uint64_t sign = uint64_t{1} << (type.bits - 1);
  if (!type.is_signed) return static_cast<int64_t>(bits);
  return static_cast<int64_t>(bits ^ sign) - static_cast<int64_t>(sign);
}

}  // namespace mace

#endif  // MACE_GRAPH_INTEGER_TYPE_H_
