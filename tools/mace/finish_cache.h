// How the command writes the cache file, once the answer was given.
#ifndef TOOLS_MACE_FINISH_CACHE_H_
#define TOOLS_MACE_FINISH_CACHE_H_

#include "mace/engine/engine.h"

namespace mace {

// A failure is a warning: the answer is right whatever becomes of the file. What was said before,
// by this function or when the file was opened, is not said again.
void FinishCacheOrWarn(Engine* engine);

}  // namespace mace

#endif  // TOOLS_MACE_FINISH_CACHE_H_
