// Which variables may be set in the environment of the process. OpenCL's loader and PoCL take some
// settings from environment variables alone, which they read at the process's first OpenCL call.
#ifndef MACE_CL_ENVIRONMENT_USE_H_
#define MACE_CL_ENVIRONMENT_USE_H_

namespace mace {

enum class EnvironmentUse {
  // Before the process's first OpenCL call, and only then:
  // - OPENCL_LAYERS names the cache's loader layer during that call and has its old value again
  //   after it, where a cache file is set and the plan may call CLBlast, whose programs the layer
  //   stores: with tuning, or where the file holds a plan that was tuned to call it.
  // - POCL_CACHE_DIR names a private folder that is removed at exit, where PoCL's folder could be
  //   changed by another user, or is the default one and cannot be written (pocl_folder.h); a
  //   relative name becomes an absolute one. Without it PoCL would have no device.
  kWhenNeeded,
  // Nothing is set. CLBlast is left out with a cache file, and PoCL needs a folder that it can use.
  kNever,
};

// The needs that the process's first OpenCL call is prepared for.
struct OpenClNeeds {
  EnvironmentUse environment = EnvironmentUse::kWhenNeeded;
  bool library_cache = false;  // A library's programs are to come from a cache file.
};

}  // namespace mace

#endif  // MACE_CL_ENVIRONMENT_USE_H_
