// Writes the cache file after the command's answer.
#ifndef TOOLS_MACE_SAVE_CACHE_H_
#define TOOLS_MACE_SAVE_CACHE_H_

#include "mace/mace.h"

namespace mace {

// A failure is only a warning, because the answer is right without the file. A warning that was
// already printed, by this function or when the file was opened, is not repeated.
void SaveCacheOrWarn(CompiledModel* compiled);

}  // namespace mace

#endif  // TOOLS_MACE_SAVE_CACHE_H_
