// What a device and its driver call themselves: all six texts together say whether a binary or a
// measurement fits.
//
// Thread contract: thread-compatible, plain data.
#ifndef MACE_BASE_DEVICE_IDENTITY_H_
#define MACE_BASE_DEVICE_IDENTITY_H_

#include <string>

namespace mace {

struct DeviceIdentity {
  std::string name;
  std::string vendor_name;
  std::string device_version;
  std::string driver_version;
  std::string platform_name;
  std::string platform_version;

  // Whether both are one model of hardware under one platform; versions may differ.
  bool SameHardware(const DeviceIdentity& other) const {
    return name == other.name && vendor_name == other.vendor_name &&
           platform_name == other.platform_name;
  }
};

inline bool operator==(const DeviceIdentity& a, const DeviceIdentity& b) {
  return a.SameHardware(b) && a.device_version == b.device_version &&
         a.driver_version == b.driver_version && a.platform_version == b.platform_version;
}
inline bool operator!=(const DeviceIdentity& a, const DeviceIdentity& b) { return !(a == b); }

// The six texts, in the order in which files and keys have them.
inline constexpr std::string DeviceIdentity::*kDeviceTexts[] = {
    &DeviceIdentity::name,           &DeviceIdentity::vendor_name,
    &DeviceIdentity::device_version, &DeviceIdentity::driver_version,
    &DeviceIdentity::platform_name,  &DeviceIdentity::platform_version};

}  // namespace mace

#endif  // MACE_BASE_DEVICE_IDENTITY_H_
