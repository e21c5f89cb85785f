#include "mace/cache/program_key.h"

#include "mace/cache/format.h"

namespace mace {

Sha256Digest ProgramKey(const ProgramIdentity& identity) {
  Sha256Hasher hasher;
  hasher.UpdateField(identity.source);
  hasher.UpdateField(identity.build_options);
  for (const auto text : kDeviceTexts) hasher.UpdateField(identity.device.*text);
  hasher.UpdateField(std::to_string(kCacheMajorVersion));
  return hasher.Finish();
}

Sha256Digest SourceHash(const std::string& source, const std::string& build_options) {
  Sha256Hasher hasher;
  hasher.UpdateField(source);
  hasher.UpdateField(build_options);
  return hasher.Finish();
}

}  // namespace mace
