#include "mace/ops/integers.h"

#include <limits>
#include <utility>

#include "mace/graph/integer_type.h"

namespace mace {
namespace {

// Cuts each value to T, which has the bits that the dtype stores.
template <typename T>
void Store(const std::vector<int64_t>& values, HostTensor* to) {
  T* target = to->mutable_data<T>();
  for (const int64_t value : values) *target++ = static_cast<T>(static_cast<uint64_t>(value));
}

}  // namespace

StatusOr<HostTensor> MakeIntegers(DType dtype, const Shape& shape, std::vector<int64_t> values) {
  if (DTypeSize(dtype) == sizeof(int64_t)) {
    return HostTensor::FromVector(dtype, shape, std::move(values));
  }
  if (dtype == DType::kBool) {
    for (int64_t& value : values) value = value != 0 ? 1 : 0;
  } else if (IsBelowByte(dtype)) {
    for (int64_t& value : values) value = WrapInteger(IntegerTypeOf(dtype), value);
  }
  MACE_ASSIGN_OR_RETURN(HostTensor result, HostTensor::Allocate({dtype, shape}));
  switch (DTypeSize(dtype)) {
    case 4:
      Store<uint32_t>(values, &result);
      break;
    case 2:
      Store<uint16_t>(values, &result);
      break;
    default:
      Store<uint8_t>(values, &result);
  }
  return result;
}

void SwapOrderOfBits(DType dtype, std::vector<int64_t>* values) {
  if (dtype != DType::kUInt64) return;
  for (int64_t& value : *values) value ^= std::numeric_limits<int64_t>::min();
}

}  // namespace mace
