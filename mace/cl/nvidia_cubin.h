// NVIDIA's driver gives a program's binary as PTX text, which it assembles anew at every start. It
// also takes machine code (a cubin): this makes one with the assembler that is part of every NVIDIA
// driver (libcuda.so.1, loaded when it is first needed; no toolkit).
//
// Thread contract: thread-safe.
#ifndef MACE_CL_NVIDIA_CUBIN_H_
#define MACE_CL_NVIDIA_CUBIN_H_

#include <string>

#include "mace/base/status.h"
#include "mace/cl/device.h"

namespace mace {

// Whether a driver's binary is PTX text.
bool IsPtx(const std::string& binary);

// The machine code of `ptx` for this very device. kUnsupported where the device is not NVIDIA's or
// there is no libcuda; kDeviceError with the first line of the assembler's log.
StatusOr<std::string> AssembleCubin(const std::string& ptx, const ClDevice& device);

}  // namespace mace

#endif  // MACE_CL_NVIDIA_CUBIN_H_
