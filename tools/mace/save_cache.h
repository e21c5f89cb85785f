// How the command writes the cache file, once the answer was given.
#ifndef TOOLS_MACE_SAVE_CACHE_H_
#define TOOLS_MACE_SAVE_CACHE_H_

#include "mace/mace.h"

namespace mace {

// A failure is a warning: the answer is right whatever becomes of the file. What was said before,
// by this function or when the file was opened, is not said again.
void SaveCacheOrWarn(CompiledModel* compiled);

}  // namespace mace

#endif  // TOOLS_MACE_SAVE_CACHE_H_
