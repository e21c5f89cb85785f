// How a program that knows the cache layer controls it. The layer's library exports one C function,
// MaceClCacheLayerControl, which a program finds with dlsym. Only plain C types are used, so that
// the two sides may be built by different compilers.
//
// Thread contract: thread-safe.
#ifndef MACE_OPENCL_LAYER_CONTROL_CONTROL_H_
#define MACE_OPENCL_LAYER_CONTROL_CONTROL_H_

#include <cstddef>
#include <cstdint>

namespace mace {

// The library's file name, and the environment variable that the loader reads at its first call.
inline constexpr char kCacheLayerLibrary[] = "libmace_cl_cache_layer.so";
inline constexpr char kOpenClLayersVariable[] = "OPENCL_LAYERS";

extern "C" {

struct MaceClCacheCounters {
  uint64_t hits;       // Programs built from a stored binary.
  uint64_t misses;     // Programs compiled because none was stored.
  uint64_t untouched;  // Builds that the layer does not cache (README.md).
  uint64_t stored;     // Programs added to the store.
  uint64_t refused;    // Compiles that MACE_REQUIRE_CACHE=1 forbade.
  uint64_t loaded_bytes;
};

// A cache file and its options, as in CacheStoreOptions.
struct MaceClCacheFile {
  const char* path;
  uint64_t max_bytes;
  const uint8_t* public_key;  // 32 bytes: only files signed with this key are used. Null: any.
  int allow_untrusted;
  int read_only;
  uint32_t min_generation;  // Older files are not used; 0: any.
  // 0: a program compiled in this scope is stored only if a scope with keep = 1 makes a kernel of
  // it.
  int keep;
};

struct MaceClCacheControl {
  uint32_t version;  // kControlVersion; another version must not be used.
  // Whether the loader has loaded the layer.
  int (*active)();
  // Restricts the layer to scopes from now on: for a program that loaded the layer itself although
  // its user did not ask for it.
  void (*only_in_scopes)();
  // A scope lasts from enter to leave on one thread. Programs that the thread creates and builds
  // meanwhile use the file; null: they are not cached. The layer prints no message about compiles
  // that MACE_REQUIRE_CACHE=1 forbids. Scopes do not nest. `leave` gives the counters of the scope;
  // null: not wanted.
  void (*enter)(const MaceClCacheFile* file);
  void (*leave)(MaceClCacheCounters* counters);
  // Stores every program whose launches have finished, and writes the files. Returns 0, or -1 if a
  // file could not be written. `lock_wait_left`: milliseconds that the process may still wait for
  // locks in total; the time waited is subtracted.
  int (*store)(int* lock_wait_left);
  // Gives the counters of the process.
  void (*counters)(MaceClCacheCounters* counters);
};

using MaceClCacheControlFunction = const MaceClCacheControl* (*)();

}  // extern "C"

inline constexpr char kControlFunction[] = "MaceClCacheLayerControl";
inline constexpr uint32_t kControlVersion = 3;

}  // namespace mace

#endif  // MACE_OPENCL_LAYER_CONTROL_CONTROL_H_
