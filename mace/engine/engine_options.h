// The public options in the words of the layers below.
#ifndef MACE_ENGINE_ENGINE_OPTIONS_H_
#define MACE_ENGINE_ENGINE_OPTIONS_H_

#include "mace/api/compile_options.h"
#include "mace/runtime/options.h"

namespace mace {

// Paths are absolute from here on.
Options EngineOptions(const CompileOptions& options);

}  // namespace mace

#endif  // MACE_ENGINE_ENGINE_OPTIONS_H_
