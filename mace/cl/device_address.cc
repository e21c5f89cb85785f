#include "mace/cl/device_address.h"

#include <cctype>
#include <cstdint>
#include <cstdio>

#include "mace/base/strings.h"
#include "mace/cl/device_queries.h"

namespace mace {
namespace {

// Names of extensions that not every header has.
constexpr cl_device_info kDeviceUuid = 0x106A;       // CL_DEVICE_UUID_KHR
constexpr cl_device_info kPciBusInfo = 0x410F;       // CL_DEVICE_PCI_BUS_INFO_KHR
constexpr cl_device_info kNvidiaPciBus = 0x4008;     // CL_DEVICE_PCI_BUS_ID_NV
constexpr cl_device_info kNvidiaPciSlot = 0x4009;    // CL_DEVICE_PCI_SLOT_ID_NV
constexpr cl_device_info kNvidiaPciDomain = 0x400A;  // CL_DEVICE_PCI_DOMAIN_ID_NV
constexpr cl_device_info kAmdTopology = 0x4037;      // CL_DEVICE_TOPOLOGY_AMD

bool Has(const std::string& extensions, const char* name) {
  return extensions.find(" " + std::string(name) + " ") != std::string::npos;
}

template <typename T>
bool Read(DeviceQueries* queries, cl_device_info what, T* value) {
  return queries->DeviceBytes(what, sizeof(*value), value);
}

std::string NvidiaAddress(DeviceQueries* queries) {
  cl_uint bus = 0, slot = 0, domain = 0;
  if (!Read(queries, kNvidiaPciBus, &bus) || !Read(queries, kNvidiaPciSlot, &slot)) return "";
  static_cast<void>(Read(queries, kNvidiaPciDomain, &domain));  // Drivers of old do not tell it.
  return PciText(domain, bus, slot >> 3, slot & 7);
}

std::string AmdAddress(DeviceQueries* queries) {
  struct {
    cl_uint type;
    unsigned char unused[17];
    unsigned char bus, device, function;
  } topology = {};
  static_assert(sizeof(topology) == 24);
  constexpr cl_uint kPcie = 1;
  if (!Read(queries, kAmdTopology, &topology) || topology.type != kPcie) return "";
  return PciText(0, topology.bus, topology.device, topology.function);
}

std::string LowerHexDigits(const std::string& text) {
  std::string digits;
  for (const char c : text) {
    if (c != '-') digits += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return digits;
}

bool IsHex(const std::string& text) {
  return text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

// The text as PciText writes it; empty where it is no address.
std::string NormalPciAddress(const std::string& text) {
  unsigned domain = 0, bus = 0, device = 0, function = 0;
  int end = 0;
  const auto is_whole = [&](int found, int wanted) {
    return found == wanted && end == static_cast<int>(text.size());
  };
  // Eight digits of a domain are what some tools write.
  if (!is_whole(
          std::sscanf(text.c_str(), "%8x:%2x:%2x.%1x%n", &domain, &bus, &device, &function, &end),
          4)) {
    domain = 0;
    if (!is_whole(std::sscanf(text.c_str(), "%2x:%2x.%1x%n", &bus, &device, &function, &end), 3)) {
      return "";
    }
  }
  return PciText(domain, bus, device, function);
}

const std::string& AddressOf(const ClDeviceEntry& entry, bool by_uuid) {
  return by_uuid ? entry.uuid : entry.pci_address;
}

}  // namespace

std::string UuidText(const unsigned char (&bytes)[16]) {
  std::string text;
  for (int i = 0; i < 16; ++i) {
    char digits[3];
    std::snprintf(digits, sizeof(digits), "%02x", bytes[i]);
    if (i == 4 || i == 6 || i == 8 || i == 10) text += "-";
    text += digits;
  }
  return text;
}

std::string PciText(unsigned domain, unsigned bus, unsigned device, unsigned function) {
  char text[48];
  std::snprintf(text, sizeof(text), "%04x:%02x:%02x.%x", domain, bus, device, function);
  return text;
}

Status ReadDeviceAddress(ClDeviceEntry* entry) {
  DeviceQueries queries(entry->platform, entry->device);
  const std::string extensions = " " + queries.DeviceText(CL_DEVICE_EXTENSIONS) + " ";
  unsigned char bytes[16] = {};
  if (Has(extensions, "cl_khr_device_uuid") && Read(&queries, kDeviceUuid, &bytes)) {
    entry->uuid = UuidText(bytes);
  }
  struct {
    cl_uint domain, bus, device, function;
  } info = {};
  if (Has(extensions, "cl_khr_pci_bus_info") && Read(&queries, kPciBusInfo, &info)) {
    entry->pci_address = PciText(info.domain, info.bus, info.device, info.function);
  } else if (Has(extensions, "cl_nv_device_attribute_query")) {
    entry->pci_address = NvidiaAddress(&queries);
  } else if (Has(extensions, "cl_amd_device_attribute_query")) {
    entry->pci_address = AmdAddress(&queries);
  }
  return queries.status();
}

bool IsDeviceAddress(const std::string& spec) {
  return StartsWith(spec, "uuid:") || StartsWith(spec, "pci:");
}

StatusOr<size_t> FindDeviceAddress(const std::vector<ClDeviceEntry>& devices,
                                   const std::string& spec) {
  const bool by_uuid = StartsWith(spec, "uuid:");
  const std::string given = spec.substr(spec.find(':') + 1);
  const std::string wanted = by_uuid ? LowerHexDigits(given) : NormalPciAddress(given);
  if (by_uuid ? wanted.size() != 32 || !IsHex(wanted) : wanted.empty()) {
    return InvalidArgument("device: expected " +
                           std::string(by_uuid ? "uuid: and 32 hexadecimal digits"
                                               : "pci: and an address like 0000:01:00.0") +
                           ", found \"" + Printable(spec) + "\"");
  }
  std::vector<std::string> found;
  for (size_t i = 0; i < devices.size(); ++i) {
    const std::string& address = AddressOf(devices[i], by_uuid);
    if (address.empty()) continue;
    if ((by_uuid ? LowerHexDigits(address) : address) == wanted) return i;
    found.push_back(std::to_string(i) + " " + address);
  }
  const char* const kind = by_uuid ? "UUID" : "PCI address";
  return NotFound(
      "no OpenCL device with the " + std::string(kind) + " \"" + Printable(given) +
      "\": " + (found.empty() ? "no driver tells one" : "there are " + Join(found, ", ")) +
      "; --device cpu still works");
}

}  // namespace mace
