#include "mace/execute/device_elements.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>

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

int32_t CutToInt32(int64_t value) {
  return static_cast<int32_t>(std::clamp<int64_t>(value, std::numeric_limits<int32_t>::min(),
                                                  std::numeric_limits<int32_t>::max()));
}

}  // namespace

bool LiesAsOnDevice(DType dtype) { return dtype != DType::kBool && dtype != DType::kInt64; }

void ToDeviceElements(const HostTensor& host, MutableBytes device) {
  const size_t count = static_cast<size_t>(host.shape().elements());
  const uint8_t* from = host.bytes().data();
  if (host.dtype() == DType::kBool) {
    ConvertEach<uint8_t, float>(from, device.data(), count,
                                [](uint8_t value) { return value != 0 ? 1.0f : 0.0f; });
  } else {
    ConvertEach<int64_t, int32_t>(from, device.data(), count, CutToInt32);
  }
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
