#include "mace/cache/program_key.h"

#include <utility>

namespace mace {

Sha256Digest ProgramKey(const ProgramIdentity& identity) {
  Sha256Hasher hasher;
  for (const std::string* field :
       {&identity.source, &identity.build_options, &identity.device_name, &identity.device_vendor,
        &identity.device_version, &identity.driver_version, &identity.platform_name,
        &identity.platform_version}) {
    hasher.UpdateField(*field);
  }
  hasher.UpdateField(std::to_string(kCacheMajorVersion));
  return hasher.Finish();
}

Sha256Digest SourceHash(const std::string& source, const std::string& build_options) {
  Sha256Hasher hasher;
  hasher.UpdateField(source);
  hasher.UpdateField(build_options);
  return hasher.Finish();
}

DeviceEntry DeviceOf(const ProgramIdentity& identity) {
  DeviceEntry device;
  device.name = identity.device_name;
  device.vendor = identity.device_vendor;
  device.device_version = identity.device_version;
  device.driver_version = identity.driver_version;
  device.platform_name = identity.platform_name;
  device.platform_version = identity.platform_version;
  return device;
}

ProgramIdentity MakeIdentity(std::string source, std::string build_options,
                             const DeviceEntry& device) {
  ProgramIdentity identity;
  identity.source = std::move(source);
  identity.build_options = std::move(build_options);
  identity.device_name = device.name;
  identity.device_vendor = device.vendor;
  identity.device_version = device.device_version;
  identity.driver_version = device.driver_version;
  identity.platform_name = device.platform_name;
  identity.platform_version = device.platform_version;
  return identity;
}

}  // namespace mace
