#include "tools/mace/finish_cache.h"

#include <set>
#include <string>

#include "mace/base/log.h"

namespace mace {

void FinishCacheOrWarn(Engine* engine) {
  static auto* const said = new std::set<std::string>;
  const Status written = engine->FinishCache();
  if (written.ok() || written.message() == engine->stats().cache.reason) return;
  if (said->insert(written.message()).second) Log(LogLevel::kWarning, written.message());
}

}  // namespace mace
