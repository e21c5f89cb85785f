// PoCL keeps compiled kernels in a folder of its own and runs what it finds there. It reads
// POCL_CACHE_DIR at a process's first OpenCL call, and hides its device where it cannot make the
// folder.
//
// A folder that another user owns or may write, at any level of its path, would let that user's
// code run in this process. Such a folder is never used: neither PoCL's default one nor one that
// POCL_CACHE_DIR names. A private folder takes its place (mace/base/private_folder.h) in TMPDIR or
// /tmp, which is removed with the last process that uses it; a warning says so. Where no private
// folder can be made, PoCL is left out. Thread contract: thread-safe, but it may set an environment
// variable: the first call should come before threads that read the environment.
#ifndef MACE_CL_POCL_FOLDER_H_
#define MACE_CL_POCL_FOLDER_H_

#include "mace/base/status.h"
#include "mace/cl/environment_use.h"

namespace mace {

// Points POCL_CACHE_DIR at a private folder where PoCL's folder is not to be trusted, or is the
// default one and cannot be written. A relative path becomes an absolute one, and all else is left
// as it is. Removes the private folders of processes that are gone. With EnvironmentUse::kNever
// only the last is done. Does its work once a process.
void PreparePoclFolder(EnvironmentUse environment = EnvironmentUse::kWhenNeeded);

// OK when PoCL may be used; kDeviceError when its folder is not to be trusted and no other was
// named. REQUIRES: PreparePoclFolder was called.
Status CheckPoclFolder();

}  // namespace mace

#endif  // MACE_CL_POCL_FOLDER_H_
