// Where the cache of a compiled model stands.
#ifndef MACE_ENGINE_CACHE_OPTIONS_H_
#define MACE_ENGINE_CACHE_OPTIONS_H_

#include <optional>

#include "mace/api/compile_options.h"
#include "mace/base/status.h"
#include "mace/cache/place.h"

namespace mace {

// The place that `cache` names by a path, a descriptor or memory; none where no cache is asked for.
// A relative path means the current folder of this moment. `cache` then holds nothing of the
// caller's any more (`file` and `memory` are empty), and is `read_only` for a part of a file.
// kInvalidArgument where more than one of the three is given, and for a descriptor or a range that
// is none.
StatusOr<std::optional<CachePlace>> TakeCachePlace(CompileOptions::Cache* cache);

}  // namespace mace

#endif  // MACE_ENGINE_CACHE_OPTIONS_H_
