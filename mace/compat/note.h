// Tells the developer of an app that a call is accepted and has no effect.
#ifndef MACE_COMPAT_NOTE_H_
#define MACE_COMPAT_NOTE_H_

#include <cstdio>
#include <mutex>
#include <set>
#include <string>

#include "mace/compat/status.h"

namespace mace {
namespace compat_internal {

// Success whose information() says that `call` has no effect and why. The first time in a process
// the line also goes to stderr. Thread-safe.
inline MaceStatus NoEffect(const std::string& call, const std::string& why) {
  static std::mutex mutex;
  static std::set<std::string> said;
  const std::string line = call + " has no effect: " + why;
  const std::lock_guard<std::mutex> lock(mutex);
  if (said.insert(call).second) std::fprintf(stderr, "mace: %s\n", line.c_str());
  return MaceStatus(MaceStatus::MACE_SUCCESS, line);
}

// Thread-safe.
inline MaceStatus NotSupported(const std::string& call, const std::string& why) {
  return MaceStatus(MaceStatus::MACE_UNSUPPORTED, call + ": " + why);
}

}  // namespace compat_internal
}  // namespace mace

#endif  // MACE_COMPAT_NOTE_H_
