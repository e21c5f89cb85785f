// NVIDIA's driver gives a program's binary as PTX text, which it assembles again at every start.
// The driver also takes machine code (a cubin); the functions here make a cubin with the assembler
// that is part of every NVIDIA driver (libcuda.so.1, loaded when it is first needed; no toolkit).
//
// Thread contract: thread-safe.
#ifndef MACE_CL_NVIDIA_CUBIN_H_
#define MACE_CL_NVIDIA_CUBIN_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mace/base/status.h"

namespace mace {

// The UUID of a device, which CL_DEVICE_UUID_KHR (0x106A, cl_khr_device_uuid) and cuDeviceGetUuid
// both give.
using DeviceUuid = std::array<uint8_t, 16>;
inline constexpr unsigned kClDeviceUuid = 0x106A;

// Whether a driver's binary is PTX text.
bool IsPtx(std::string_view binary);

// The machine code of `ptx` for the device of that UUID; without one, for the only device there is.
// kUnsupported where there is no libcuda or no such device; kDeviceError with the first line of the
// assembler's log.
StatusOr<std::string> AssembleCubin(const std::string& ptx, const std::optional<DeviceUuid>& uuid);

}  // namespace mace

#endif  // MACE_CL_NVIDIA_CUBIN_H_
