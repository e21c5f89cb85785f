// Where the cache of a compiled model is stored.
#ifndef MACE_ENGINE_CACHE_OPTIONS_H_
#define MACE_ENGINE_CACHE_OPTIONS_H_

#include <optional>

#include "mace/api/compile_options.h"
#include "mace/base/status.h"
#include "mace/cache/place.h"

namespace mace {

// The place that `cache` names by a path, a descriptor or memory; none if the options name no
// cache. A relative path refers to the folder that is current during the call. The call empties
// `file` and `memory`, so that `cache` refers to no object of the caller, and sets `read_only` for
// a part of a file. kInvalidArgument if more than one of the three is given, and for an invalid
// descriptor or range.
StatusOr<std::optional<CachePlace>> TakeCachePlace(CompileOptions::Cache* cache);

}  // namespace mace

#endif  // MACE_ENGINE_CACHE_OPTIONS_H_
