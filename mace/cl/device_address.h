// What tells a device from every other one, whatever the order in which drivers list them: its UUID
// and its address on the PCI bus, as far as its driver tells them.
//
// Thread contract: thread-safe.
#ifndef MACE_CL_DEVICE_ADDRESS_H_
#define MACE_CL_DEVICE_ADDRESS_H_

#include <CL/cl.h>

#include <string>
#include <vector>

#include "mace/base/status.h"
#include "mace/cl/device.h"

namespace mace {

// Fills `uuid` and `pci_address` of an entry whose device is set. kDeviceError or kDeviceLost if a
// question fails because of the moment (device_queries.h).
Status ReadDeviceAddress(ClDeviceEntry* entry);

// "8d7c2f10-0102-0304-0506-0708090a0b0c" of 16 bytes; "0000:01:00.0".
std::string UuidText(const unsigned char (&bytes)[16]);
std::string PciText(unsigned domain, unsigned bus, unsigned device, unsigned function);

// Whether `spec` begins with "uuid:" or "pci:".
bool IsDeviceAddress(const std::string& spec);
// The index of the device that it means. A UUID is compared by its digits, in any case; an address
// without a domain is one of domain 0. kInvalidArgument for text that is no UUID or address,
// kNotFound names the addresses that there are. REQUIRES: IsDeviceAddress.
StatusOr<size_t> FindDeviceAddress(const std::vector<ClDeviceEntry>& devices,
                                   const std::string& spec);

}  // namespace mace

#endif  // MACE_CL_DEVICE_ADDRESS_H_
