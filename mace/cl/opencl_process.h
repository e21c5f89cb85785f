// Which process OpenCL is used in. Drivers keep threads, and a fork copies memory but no threads: a
// call on OpenCL in a child of a process that has used it may wait for ever. Such a child therefore
// makes no call: it gets an error that says what to do, and releases nothing that is its parent's.
//
// Only uses by this library are known; what another library did with OpenCL before a fork is not.
// Thread contract: thread-safe, and safe in a child after fork.
#ifndef MACE_CL_OPENCL_PROCESS_H_
#define MACE_CL_OPENCL_PROCESS_H_

#include "mace/base/status.h"

namespace mace {

// Called before the first OpenCL call of the process, and harmless later.
void NoteOpenClUse();

// Whether a process that this one was forked from had used OpenCL by then.
bool OpenClIsOfParentProcess();

// kFailedPrecondition where OpenClIsOfParentProcess.
Status CheckOpenClProcess();

}  // namespace mace

#endif  // MACE_CL_OPENCL_PROCESS_H_
