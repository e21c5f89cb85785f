// The name of a compiled program: SHA-256 over everything that can change its binary.
//
// Errors: none. Thread contract: thread-safe.
#ifndef MACE_CACHE_PROGRAM_KEY_H_
#define MACE_CACHE_PROGRAM_KEY_H_

#include <string>

#include "mace/base/device_identity.h"
#include "mace/base/hash.h"

namespace mace {

struct ProgramIdentity {
  std::string source;         // Final: as the compiler gets it.
  std::string build_options;  // All of them, those that the engine forces too.
  DeviceIdentity device;
};

// Source, options and the texts of the device in their order, each length-prefixed, then the cache
// format's major version.
Sha256Digest ProgramKey(const ProgramIdentity& identity);

// The digest of what does not depend on the device: a program has the same digest under an older
// driver.
Sha256Digest SourceHash(const std::string& source, const std::string& build_options);

}  // namespace mace

#endif  // MACE_CACHE_PROGRAM_KEY_H_
