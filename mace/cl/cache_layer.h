// The cache for programs that this process builds past the one door to the compiler (compiler.h):
// those of CLBlast. The loader layer of mace/opencl_layer serves them; where they are needed the
// engine has the OpenCL loader take the layer in at the process's first OpenCL call, where it costs
// about 0.3 ms, and nothing measurable a launch. A later call cannot take it in any more.
//
// The layer's library is the one that MACE_CL_CACHE_LAYER names (none: do without), else the one
// beside the program or the library that this code is part of, in ../lib from there, among Bazel's
// runfiles, or where the system's loader finds libraries. A library or folder that somebody else
// could write is passed over. Where the user has named the layer in OPENCL_LAYERS, that library is
// the layer, and the process's other programs go by the user's settings; else the layer touches
// nothing but what a CacheLayerScope asks for.
//
// Thread contract: thread-safe; but taking the layer in sets an environment variable for a moment,
// so that the first call should come before threads that read the environment.
#ifndef MACE_CL_CACHE_LAYER_H_
#define MACE_CL_CACHE_LAYER_H_

#include <CL/cl.h>

#include <cstdint>
#include <string>

#include "mace/base/status.h"
#include "mace/cache/store.h"
#include "mace/cl/environment_use.h"

namespace mace {

// Calls clGetPlatformIDs for the number of platforms, before any other OpenCL call of this library.
// Where that is the process's first call and `needs` asks for the layer, the call loads the layer.
// For that call OPENCL_LAYERS names the layer; it has its old value afterwards, so that processes
// which this one starts do not inherit the layer. REQUIRES: CheckOpenClProcess() is OK.
cl_int CountPlatforms(const OpenClNeeds& needs, cl_uint* count);

// Why the layer serves no program of this process; empty where it does.
const std::string& WhyNoCacheLayer();

// Whether `path` is absolute and names a regular file of this user's or root's in such a folder,
// the file writable by nobody else and the folder not by everyone.
bool IsTrustedLibrary(const std::string& path);

// `layers` (a value of OPENCL_LAYERS) with the layer's library appended; unchanged where it names a
// library of that file name already, which then becomes `library`.
std::string WithCacheLayer(const std::string& layers, std::string* library);

// While it lives, what this thread builds goes by the file of `store`; with a null store the layer
// leaves it alone. Does nothing without the layer. Not to be nested.
class CacheLayerScope {
 public:
  struct Counts {
    uint64_t hits = 0, compiled = 0, refused = 0, loaded_bytes = 0;
  };

  // `keep`: false for what is measured and thrown away; it is then looked up, and stored only where
  // a later scope that keeps uses it.
  explicit CacheLayerScope(const CacheStore* store, bool keep = true);
  ~CacheLayerScope() { Leave(); }
  CacheLayerScope(const CacheLayerScope&) = delete;
  CacheLayerScope& operator=(const CacheLayerScope&) = delete;

  // Ends it: what was built in it.
  Counts Leave();

 private:
  bool entered_ = false;
};

// Stores what was built in scopes, once its launches have ended. kIoError where the file cannot be
// written.
Status StoreLayerPrograms();

}  // namespace mace

#endif  // MACE_CL_CACHE_LAYER_H_
