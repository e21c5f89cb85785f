// PoCL keeps a folder of its own for compiled kernels, and hides its device where it cannot make
// one. It reads POCL_CACHE_DIR at a process's first OpenCL call.
//
// Thread contract: thread-safe, but it may set an environment variable: the first call should come
// before threads that read the environment.
#ifndef MACE_CL_POCL_FOLDER_H_
#define MACE_CL_POCL_FOLDER_H_

namespace mace {

// Where POCL_CACHE_DIR is not set and PoCL's default folder cannot be written, points it at a
// private temporary folder that is removed at exit. Does its work once a process.
void PreparePoclFolder();

}  // namespace mace

#endif  // MACE_CL_POCL_FOLDER_H_
