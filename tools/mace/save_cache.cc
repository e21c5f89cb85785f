#include "tools/mace/save_cache.h"

#include <set>
#include <string>

#include "mace/base/log.h"

namespace mace {

void SaveCacheOrWarn(CompiledModel* compiled) {
  static auto* const said = new std::set<std::string>;
  const Status written = compiled->SaveCache();
  if (written.ok() || written.message() == compiled->statistics().cache.reason) return;
  if (said->insert(written.message()).second) Log(LogLevel::kWarning, written.message());
}

}  // namespace mace
