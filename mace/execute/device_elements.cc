#include "mace/execute/device_elements.h"

#include <cstdint>
#include <cstring>

#include "mace/graph/integer_type.h"

namespace mace {
namespace {

// Calls convert(from, &to) for `count` elements, which may be unaligned.
template <typename From, typename To, typename Convert>
void ConvertEach(const uint8_t* source, uint8_t* target, size_t count, const Convert& convert) {
  for (size_t i = 0; i < count; ++i) {
    From from;
    std::memcpy(&from, source + i * sizeof(From), sizeof(From));
    const To to = convert(from);
    std::memcpy(target + i * sizeof(To), &to, sizeof(To));
  }
}

// Copies int64 as int32; the index of the first that does not fit, or -1.
int64_t NarrowEach(const uint8_t* source, uint8_t* target, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    int64_t wide = 0;
    std::memcpy(&wide, source + i * sizeof(wide), sizeof(wide));
    const int32_t narrow = static_cast<int32_t>(static_cast<uint32_t>(wide));
    if (narrow != wide) return static_cast<int64_t>(i);
    std::memcpy(target + i * sizeof(narrow), &narrow, sizeof(narrow));
  }
  return -1;
}

}  // namespace

bool LiesAsOnDevice(DType dtype) { return IsFloat(dtype) || dtype == DType::kInt32; }

int64_t ToDeviceElements(const HostTensor& host, MutableBytes device) {
  const size_t count = static_cast<size_t>(host.shape().elements());
  const uint8_t* from = host.bytes().data();
  const auto keep = [](auto value) { return static_cast<int32_t>(value); };
  if (host.dtype() == DType::kBool) {
    ConvertEach<uint8_t, float>(from, device.data(), count,
                                [](uint8_t value) { return value != 0 ? 1.0f : 0.0f; });
    return -1;
  }
  const bool is_signed = IntegerTypeOf(host.dtype()).is_signed;
  switch (DTypeSize(host.dtype())) {
    case 1:
      if (is_signed) {
        ConvertEach<int8_t, int32_t>(from, device.data(), count, keep);
      } else {
        ConvertEach<uint8_t, int32_t>(from, device.data(), count, keep);
      }
      return -1;
    case 2:
      if (is_signed) {
        ConvertEach<int16_t, int32_t>(from, device.data(), count, keep);
      } else {
        ConvertEach<uint16_t, int32_t>(from, device.data(), count, keep);
      }
      return -1;
    default:
      return NarrowEach(from, device.data(), count);
  }
}

void FromDeviceElements(Bytes device, HostTensor* host) {
  const size_t count = static_cast<size_t>(host->shape().elements());
  uint8_t* to = host->mutable_data<uint8_t>();
  if (host->dtype() == DType::kBool) {
    ConvertEach<float, uint8_t>(device.data(), to, count,
                                [](float value) { return uint8_t{value != 0.0f}; });
    return;
  }
  // Signed and unsigned integers of a size have the same lowest bytes.
  switch (DTypeSize(host->dtype())) {
    case 1:
      return ConvertEach<int32_t, uint8_t>(
          device.data(), to, count, [](int32_t value) { return static_cast<uint8_t>(value); });
    case 2:
      return ConvertEach<int32_t, uint16_t>(
          device.data(), to, count, [](int32_t value) { return static_cast<uint16_t>(value); });
    default:
      return ConvertEach<int32_t, int64_t>(device.data(), to, count,
                                           [](int32_t value) { return int64_t{value}; });
  }
}

}  // namespace mace
