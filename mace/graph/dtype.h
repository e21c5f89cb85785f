// The element types a tensor of the graph can have.
#ifndef MACE_GRAPH_DTYPE_H_
#define MACE_GRAPH_DTYPE_H_

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
  kFloat64,  // What a caller gives and gets: the graph computes in kFloat32.
};

// Bytes of one element; 0 for kInvalid.
size_t DTypeSize(DType dtype);
// "float32", "float16", ...
const char* DTypeName(DType dtype);
inline bool IsFloat(DType dtype) {
  return dtype == DType::kFloat32 || dtype == DType::kFloat16 || dtype == DType::kBFloat16 ||
         dtype == DType::kFloat64;
}

}  // namespace mace

#endif  // MACE_GRAPH_DTYPE_H_
