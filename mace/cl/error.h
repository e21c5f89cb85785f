// OpenCL's error codes as text, and as a Status that names the call.
//
// Thread contract: thread-safe.
#ifndef MACE_CL_ERROR_H_
#define MACE_CL_ERROR_H_

#include <CL/cl.h>

#include <string>
#include <string_view>

#include "mace/base/status.h"

namespace mace {

// "CL_OUT_OF_RESOURCES"; "unknown OpenCL error" for a code that no standard header names.
const char* ClErrorName(cl_int code);

// kDeviceError "<call>: <error name> (<code>): <what>"; `what` names the kernel, op or memory.
// kDeviceLost for CL_DEVICE_NOT_AVAILABLE, the one code that says so of any call.
Status MakeClError(const char* call, cl_int code, std::string_view what);

// OK costs one comparison, so that the hot path can check every call.
inline Status CheckCl(const char* call, cl_int code, std::string_view what = {}) {
  return code == CL_SUCCESS ? Status() : MakeClError(call, code, what);
}

}  // namespace mace

#endif  // MACE_CL_ERROR_H_
