// How a program that knows the cache layer talks to it: the layer's library exports one C function,
// MaceClCacheLayerControl, which a program finds with dlsym. Plain C types, so that both sides may
// be built by different compilers.
//
// Thread contract: thread-safe.
#ifndef MACE_LAYER_CONTROL_H_
#define MACE_LAYER_CONTROL_H_

#include <cstddef>
#include <cstdint>

namespace mace {

// The library's file name, and the variable that the loader reads at its first call.
inline constexpr char kCacheLayerLibrary[] = "libmace_cl_cache_layer.so";
inline constexpr char kOpenClLayersVariable[] = "OPENCL_LAYERS";

// A source that ends with this line is left alone: its program has a cache of its own. At the end,
// so that no line number of a build log moves.
inline constexpr char kUncachedMark[] = "\n// mace: cached by its maker\n";

extern "C" {

struct MaceClCacheCounters {
  uint64_t hits;       // Programs built from a stored binary.
  uint64_t misses;     // Programs compiled because none was stored.
  uint64_t untouched;  // Builds that the layer does not cache: see README.md.
  uint64_t stored;     // Programs added to the store.
  uint64_t refused;    // Compiles that MACE_REQUIRE_CACHE=1 forbade.
  uint64_t loaded_bytes;
};

struct MaceClCacheControl {
  uint32_t version;  // kControlVersion; others are not to be used.
  // Whether the loader took the layer in.
  int (*active)();
  // The file for programs built from here on; null or empty: no cache.
  void (*use_file)(const char* path, uint64_t max_bytes);
  // Stores every program whose launches have finished, and writes the file. 0, or -1 where the file
  // could not be written.
  int (*store)();
  void (*counters)(MaceClCacheCounters* counters);
};

using MaceClCacheControlFunction = const MaceClCacheControl* (*)();

}  // extern "C"

inline constexpr char kControlFunction[] = "MaceClCacheLayerControl";
inline constexpr uint32_t kControlVersion = 1;

}  // namespace mace

#endif  // MACE_LAYER_CONTROL_H_
