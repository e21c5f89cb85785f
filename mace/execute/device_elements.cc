#include "mace/execute/device_elements.h"

#include <cstdint>
#include <cstring>

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

}  // namespace

bool LiesAsOnDevice(DType dtype) { return dtype != DType::kBool && dtype != DType::kInt64; }

int64_t ToDeviceElements(const HostTensor& host, MutableBytes device) {
  const int64_t count = host.shape().elements();
  const uint8_t* from = host.bytes().data();
  if (host.dtype() == DType::kBool) {
    ConvertEach<uint8_t, float>(from, device.data(), static_cast<size_t>(count),
                                [](uint8_t value) { return value != 0 ? 1.0f : 0.0f; });
    return -1;
  }
  for (int64_t i = 0; i < count; ++i) {
    int64_t wide = 0;
    std::memcpy(&wide, from + static_cast<size_t>(i) * sizeof(wide), sizeof(wide));
    const int32_t narrow = static_cast<int32_t>(static_cast<uint32_t>(wide));
    if (narrow != wide) return i;
    std::memcpy(device.data() + static_cast<size_t>(i) * sizeof(narrow), &narrow, sizeof(narrow));
  }
  return -1;
}

void FromDeviceElements(Bytes device, HostTensor* host) {
  const size_t count = static_cast<size_t>(host->shape().elements());
  uint8_t* to = host->mutable_data<uint8_t>();
  if (host->dtype() == DType::kBool) {
    ConvertEach<float, uint8_t>(device.data(), to, count,
                                [](float value) { return uint8_t{value != 0.0f}; });
  } else {
    ConvertEach<int32_t, int64_t>(device.data(), to, count,
                                  [](int32_t value) { return int64_t{value}; });
  }
}

}  // namespace mace
