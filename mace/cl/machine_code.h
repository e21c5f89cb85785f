// Machine code in place of the PTX that NVIDIA's driver gives (mace/cl/nvidia/cubin.h).
//
// Thread contract: thread-safe.
#ifndef MACE_CL_MACHINE_CODE_H_
#define MACE_CL_MACHINE_CODE_H_

#include <string>

#include "mace/base/status.h"
#include "mace/cl/device.h"

namespace mace {

// The machine code of `ptx` for this very device. kUnsupported where the device is not NVIDIA's,
// and as AssembleCubin of a UUID.
StatusOr<std::string> AssembleCubin(const std::string& ptx, const ClDevice& device);

}  // namespace mace

#endif  // MACE_CL_MACHINE_CODE_H_
