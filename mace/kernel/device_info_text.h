// The facts about a device as text, for the cache file.
//
// Thread contract: thread-safe.
#ifndef MACE_KERNEL_DEVICE_INFO_TEXT_H_
#define MACE_KERNEL_DEVICE_INFO_TEXT_H_

#include <optional>
#include <string>
#include <string_view>

#include "mace/kernel/device_info.h"

namespace mace {

// A line "NAME VALUE" for each member of DeviceInfo, with numbers in decimal and enumerations as
// their number. Left out are the texts of DeviceIdentity, which a file keeps elsewhere, and the
// measured roofline limits, which have a record of their own (tune/roofline_limits.h).
std::string DeviceInfoText(const DeviceInfo& device);

// The opposite; the members that the text leaves out are as in a new DeviceInfo. None for a text
// that this version of DeviceInfoText does not write, such as one with other members.
std::optional<DeviceInfo> ParseDeviceInfo(std::string_view text);

}  // namespace mace

#endif  // MACE_KERNEL_DEVICE_INFO_TEXT_H_
