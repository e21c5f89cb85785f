// Between the tensors of an app of Xiaomi's MACE and those of mace/mace.h. Internal.
//
// Thread contract: thread-safe.
#ifndef MACE_COMPAT_TENSOR_CONVERSION_H_
#define MACE_COMPAT_TENSOR_CONVERSION_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "mace/compat/types.h"
#include "mace/mace.h"

namespace mace {
namespace compat_internal {

// kInvalid for a type that the engine does not have.
inline DType DTypeOfData(IDataType type) {
  switch (type) {
    case IDT_FLOAT:
      return DType::kFloat32;
    case IDT_UINT8:
      return DType::kUInt8;
    case IDT_HALF:
    case IDT_FLOAT16:
      return DType::kFloat16;
    case IDT_INT32:
      return DType::kInt32;
    case IDT_BFLOAT16:
      return DType::kBFloat16;
    case IDT_INT16:
      return DType::kInt16;
    case IDT_INT8:
      return DType::kInt8;
    default:
      return DType::kInvalid;
  }
}

// The type of the elements that a MaceTensor of `type` holds for an input or output that the model
// declares with `declared`.
inline DType HeldType(IDataType type, DType declared) {
  return type == IDT_FLOAT && declared == DType::kInt32 ? declared : DTypeOfData(type);
}

// How the elements of a tensor of rank 4 lie in relation to the model.
enum class AxisOrder { kSame, kChannelsFirst, kChannelsLast };

// The order of a MaceTensor of `format`, if the model's order of the axes (TensorSpec::layout) is
// the other one; otherwise kSame.
inline AxisOrder OrderBeside(DataFormat format, const std::string& layout, size_t rank) {
  if (rank == 4 && format == DataFormat::NCHW && layout == "NHWC") return AxisOrder::kChannelsFirst;
  if (rank == 4 && format == DataFormat::NHWC && layout == "NCHW") return AxisOrder::kChannelsLast;
  return AxisOrder::kSame;
}

// The dims of a tensor of rank 4 in the other order. `from` is kChannelsFirst for [N, C, H, W].
inline std::vector<int64_t> OtherDims(const std::vector<int64_t>& dims, AxisOrder from) {
  if (from == AxisOrder::kChannelsFirst) return {dims[0], dims[2], dims[3], dims[1]};
  return {dims[0], dims[3], dims[1], dims[2]};
}

// Copies elements of `size` bytes from one order of the axes to the other. `dims`: those of `from`,
// in the order `order`, which is not kSame.
inline void Transpose(const void* from, void* to, const std::vector<int64_t>& dims, AxisOrder order,
                      size_t size) {
  const bool is_first = order == AxisOrder::kChannelsFirst;
  const int64_t inner = is_first ? dims[2] * dims[3] : dims[3];
  const int64_t outer = is_first ? dims[1] : dims[1] * dims[2];
  const auto* read = static_cast<const char*>(from);
  for (int64_t n = 0; n < dims[0]; ++n) {
    char* const image = static_cast<char*>(to) + static_cast<size_t>(n * outer * inner) * size;
    for (int64_t i = 0; i < outer; ++i) {
      for (int64_t j = 0; j < inner; ++j, read += size) {
        std::memcpy(image + static_cast<size_t>(j * outer + i) * size, read, size);
      }
    }
  }
}

// "[1, 8, 8, 1]".
inline std::string DimsText(const std::vector<int64_t>& dims) {
  std::string text;
  for (const int64_t dim : dims) text += (text.empty() ? "" : ", ") + std::to_string(dim);
  return "[" + text + "]";
}

// "'input', 'mask'", for messages.
inline std::string NamesText(const std::vector<TensorSpec>& specs) {
  std::string text;
  for (const TensorSpec& spec : specs) text += (text.empty() ? "'" : ", '") + spec.name + "'";
  return text;
}

// Null for a name that is not there.
inline const TensorSpec* FindSpec(const std::vector<TensorSpec>& specs, const std::string& name) {
  for (const TensorSpec& spec : specs) {
    if (spec.name == name) return &spec;
  }
  return nullptr;
}

}  // namespace compat_internal
}  // namespace mace

#endif  // MACE_COMPAT_TENSOR_CONVERSION_H_
