#include "mace/ops/integers.h"

#include <utility>

namespace mace {
namespace {

int64_t Wrap(DType dtype, int64_t value) {
  switch (dtype) {
    case DType::kInt32:
      return static_cast<int32_t>(static_cast<uint32_t>(static_cast<uint64_t>(value)));
    case DType::kUInt8:
      return static_cast<uint8_t>(static_cast<uint64_t>(value));
    case DType::kInt8:
      return static_cast<int8_t>(static_cast<uint8_t>(static_cast<uint64_t>(value)));
    case DType::kBool:
      return value != 0 ? 1 : 0;
    default:
      return value;
  }
}

}  // namespace

StatusOr<HostTensor> MakeIntegers(DType dtype, const Shape& shape, std::vector<int64_t> values) {
  for (int64_t& value : values) value = Wrap(dtype, value);
  return HostTensor::FromVector(DType::kInt64, shape, std::move(values)).ConvertTo(dtype);
}

}  // namespace mace
