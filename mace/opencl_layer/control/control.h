// How a program that knows the cache layer talks to it: the layer's library exports one C function,
// MaceClCacheLayerControl, which a program finds with dlsym. Plain C types, so that both sides may
// be built by different compilers.
//
// Thread contract: thread-safe.
#ifndef MACE_OPENCL_LAYER_CONTROL_CONTROL_H_
#define MACE_OPENCL_LAYER_CONTROL_CONTROL_H_

#include <cstddef>
#include <cstdint>

namespace mace {

// The library's file name, and the variable that the loader reads at its first call.
inline constexpr char kCacheLayerLibrary[] = "libmace_cl_cache_layer.so";
inline constexpr char kOpenClLayersVariable[] = "OPENCL_LAYERS";

extern "C" {

struct MaceClCacheCounters {
  uint64_t hits;       // Programs built from a stored binary.
  uint64_t misses;     // Programs compiled because none was stored.
  uint64_t untouched;  // Builds that the layer does not cache: see README.md.
  uint64_t stored;     // Programs added to the store.
  uint64_t refused;    // Compiles that MACE_REQUIRE_CACHE=1 forbade.
  uint64_t loaded_bytes;
};

// A cache file and what is asked of it, as CacheStoreOptions has it.
struct MaceClCacheFile {
  const char* path;
  uint64_t max_bytes;
  const uint8_t* public_key;  // 32 bytes: only a file signed with it is used. Null: any.
  int allow_untrusted;
  int read_only;
  uint32_t min_generation;  // An older file is not used; 0: any.
  // 0: what is compiled here is stored only once another scope that keeps makes a kernel of it.
  int keep;
};

struct MaceClCacheControl {
  uint32_t version;  // kControlVersion; others are not to be used.
  // Whether the loader took the layer in.
  int (*active)();
  // From here on the layer leaves alone all that happens outside of scopes: for a program that took
  // the layer in itself, where its user did not ask for it.
  void (*only_in_scopes)();
  // A scope lasts from enter to leave on one thread: programs that this thread creates and builds
  // meanwhile go by that file, or with a null one are left alone, and the layer says nothing of
  // what MACE_REQUIRE_CACHE=1 forbids. Scopes do not nest. leave gives what was counted in it,
  // null: not wanted.
  void (*enter)(const MaceClCacheFile* file);
  void (*leave)(MaceClCacheCounters* counters);
  // Stores every program whose launches have finished, and writes the files. 0, or -1 where a file
  // could not be written. `lock_wait_left` is how many milliseconds the process may still wait for
  // locks, all locks together; what was waited is taken from it.
  int (*store)(int* lock_wait_left);
  // The counters of the whole process.
  void (*counters)(MaceClCacheCounters* counters);
};

using MaceClCacheControlFunction = const MaceClCacheControl* (*)();

}  // extern "C"

inline constexpr char kControlFunction[] = "MaceClCacheLayerControl";
inline constexpr uint32_t kControlVersion = 3;

}  // namespace mace

#endif  // MACE_OPENCL_LAYER_CONTROL_CONTROL_H_
