// The element types that a tensor can have.
//
// Thread contract: the functions are thread-safe.
#ifndef MACE_API_DATA_TYPE_H_
#define MACE_API_DATA_TYPE_H_

#include <cstddef>
#include <cstdint>

namespace mace {

enum class DType : uint8_t {
  kInvalid = 0,
  kFloat32,
  kFloat16,   // IEEE binary16.
  kBFloat16,  // The upper 16 bits of a binary32.
  kInt32,
  kInt64,
  kUInt8,
  kInt8,
  kBool,     // One byte, 0 or 1.
  kFloat64,  // Only for inputs and outputs: models compute in kFloat32.
  kInt16,
  kUInt16,
  kUInt32,
  kUInt64,
  // Integers of 4 and of 2 bits, one in each byte. The lower bits of the byte are the element; the
  // library ignores the upper ones, and where it writes an element they repeat its sign.
  kInt4,
  kUInt4,
  kInt2,
  kUInt2,
};

// Bytes of one element; 0 for kInvalid.
size_t DTypeSize(DType dtype);
// "float32", "float16", ...; "invalid" for kInvalid.
const char* DTypeName(DType dtype);

// The DType of a C++ type, for Tensor::View and Tensor::data. float16, bfloat16 and the
// integers of 4 and 2 bits have no C++ type; use the functions that take a DType for them.
template <typename T>
struct DTypeOf;
template <>
struct DTypeOf<float> {
  static constexpr DType kValue = DType::kFloat32;
};
template <>
struct DTypeOf<double> {
  static constexpr DType kValue = DType::kFloat64;
};
template <>
struct DTypeOf<int32_t> {
  static constexpr DType kValue = DType::kInt32;
};
template <>
struct DTypeOf<int64_t> {
  static constexpr DType kValue = DType::kInt64;
};
template <>
struct DTypeOf<uint8_t> {
  static constexpr DType kValue = DType::kUInt8;
};
template <>
struct DTypeOf<int8_t> {
  static constexpr DType kValue = DType::kInt8;
};
template <>
struct DTypeOf<int16_t> {
  static constexpr DType kValue = DType::kInt16;
};
template <>
struct DTypeOf<uint16_t> {
  static constexpr DType kValue = DType::kUInt16;
};
template <>
struct DTypeOf<uint32_t> {
  static constexpr DType kValue = DType::kUInt32;
};
template <>
struct DTypeOf<uint64_t> {
  static constexpr DType kValue = DType::kUInt64;
};
template <>
struct DTypeOf<bool> {
  static constexpr DType kValue = DType::kBool;
};

}  // namespace mace

#endif  // MACE_API_DATA_TYPE_H_
