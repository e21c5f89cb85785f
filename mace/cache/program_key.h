// The name of a compiled program: SHA-256 over everything that can change its binary.
//
// Errors: none. Thread contract: thread-safe.
#ifndef MACE_CACHE_PROGRAM_KEY_H_
#define MACE_CACHE_PROGRAM_KEY_H_

#include <string>

#include "mace/base/hash.h"
#include "mace/cache/format.h"

namespace mace {

struct ProgramIdentity {
  std::string source;         // Final: as the compiler gets it.
  std::string build_options;  // All of them, those that the engine forces too.
  std::string device_name;
  std::string device_vendor;
  std::string device_version;
  std::string driver_version;
  std::string platform_name;
  std::string platform_version;
};

// The fields in the order above, each length-prefixed, then the cache format's major version.
Sha256Digest ProgramKey(const ProgramIdentity& identity);

// The digest of what does not depend on the device: a program has the same digest under an older
// driver.
Sha256Digest SourceHash(const std::string& source, const std::string& build_options);

// The device part of an identity, as the file records it, and an identity from both parts.
DeviceEntry DeviceOf(const ProgramIdentity& identity);
ProgramIdentity MakeIdentity(std::string source, std::string build_options,
                             const DeviceEntry& device);

}  // namespace mace

#endif  // MACE_CACHE_PROGRAM_KEY_H_
