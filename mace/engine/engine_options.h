// The public options in the words of the layers below.
#ifndef MACE_ENGINE_ENGINE_OPTIONS_H_
#define MACE_ENGINE_ENGINE_OPTIONS_H_

#include "mace/api/compile_options.h"
#include "mace/base/status.h"
#include "mace/engine/options.h"

namespace mace {

// Paths are absolute from here on.
Options EngineOptions(const CompileOptions& options);

// Sets what the cache is where it is no path. kInvalidArgument where more than one thing is given,
// and for a descriptor or a range that is none.
Status TakeCachePlace(const CompileOptions::Cache& cache, Options* options);

}  // namespace mace

#endif  // MACE_ENGINE_ENGINE_OPTIONS_H_
