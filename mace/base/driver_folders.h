// Where OpenCL drivers keep what they compile, unless an environment variable names another folder.
//
// Thread-safe, as long as no thread sets environment variables.
#ifndef MACE_BASE_DRIVER_FOLDERS_H_
#define MACE_BASE_DRIVER_FOLDERS_H_

#include <string>

namespace mace {

// The value of an environment variable; empty where it is not set.
std::string EnvironmentText(const char* name);

// $XDG_CACHE_HOME, else $HOME/.cache; empty where neither variable is set.
std::string UserCacheFolder();

// The folder in which PoCL keeps its folders "kcache" and "uncached" (pocl_cache_init_topdir of
// PoCL's source), where POCL_CACHE_DIR is not set.
std::string PoclDefaultFolder();

}  // namespace mace

#endif  // MACE_BASE_DRIVER_FOLDERS_H_
