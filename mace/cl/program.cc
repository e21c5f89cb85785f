#include "mace/cl/program.h"

#include <algorithm>

#include "mace/base/log.h"
#include "mace/cl/cache_layer.h"
#include "mace/cl/error.h"
#include "mace/cl/pocl/reproducible_binary.h"

namespace mace {
namespace {

// Far above any real binary: a driver's answer is not believed without a bound either.
constexpr size_t kMaxBinaryBytes = size_t{1} << 30;

// The first lines of the driver's log, joined into one.
std::string BuildLog(cl_program program, cl_device_id device) {
  constexpr size_t kMaxLines = 8, kMaxCharacters = 1500;
  size_t size = 0;
  if (clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, 0, nullptr, &size) !=
          CL_SUCCESS ||
      size <= 1) {
    return "no build log";
  }
  std::string log(size, '\0');
  if (clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, size, log.data(), nullptr) !=
      CL_SUCCESS) {
    return "no build log";
  }
  log = log.substr(0, std::min(log.find('\0'), kMaxCharacters));
  size_t lines = 0;
  for (size_t i = 0; i < log.size(); ++i) {
    if (log[i] != '\n') continue;
    if (++lines == kMaxLines) {
      log.resize(i);
      break;
    }
    log.replace(i, 1, " | ");
  }
  return log;
}

}  // namespace

Status ClProgram::Build(std::string_view what) {
  const cl_device_id id = device_->id();
  const cl_int error = clBuildProgram(get(), 1, &id, kBuildOptions, nullptr, nullptr);
  if (error == CL_SUCCESS) return Status();
  Status status =
      MakeClError("clBuildProgram", error, std::string(what) + ": " + BuildLog(get(), id));
  return error == CL_BUILD_PROGRAM_FAILURE ? Unsupported(status.message()) : status;
}

StatusOr<std::shared_ptr<ClProgram>> ClProgram::FromSource(std::shared_ptr<ClDevice> device,
                                                           std::string_view source,
                                                           std::string_view what) {
  const char* text = source.data();
  const size_t size = source.size();
  cl_int error = CL_SUCCESS;
  // Programs that come through the one door have their cache there.
  const CacheLayerScope left_alone(nullptr);
  cl_program raw = clCreateProgramWithSource(device->context(), 1, &text, &size, &error);
  std::shared_ptr<ClProgram> program(new ClProgram(std::move(device), raw));
  MACE_RETURN_IF_ERROR(CheckCl("clCreateProgramWithSource", error, what));
  MACE_RETURN_IF_ERROR(program->Build(what));
  return program;
}

StatusOr<std::shared_ptr<ClProgram>> ClProgram::FromBinary(std::shared_ptr<ClDevice> device,
                                                           Bytes binary, std::string_view what) {
  const unsigned char* data = binary.data();
  const size_t size = binary.size();
  const cl_device_id id = device->id();
  cl_int binary_status = CL_SUCCESS, error = CL_SUCCESS;
  cl_program raw =
      clCreateProgramWithBinary(device->context(), 1, &id, &size, &data, &binary_status, &error);
  std::shared_ptr<ClProgram> program(new ClProgram(std::move(device), raw));
  MACE_RETURN_IF_ERROR(CheckCl("clCreateProgramWithBinary", error, what));
  MACE_RETURN_IF_ERROR(CheckCl("clCreateProgramWithBinary", binary_status, what));
  MACE_RETURN_IF_ERROR(program->Build(what));
  return program;
}

StatusOr<std::string> ClProgram::Binary() const {
  size_t size = 0;
  MACE_RETURN_IF_ERROR(CheckCl(
      "clGetProgramInfo",
      clGetProgramInfo(get(), CL_PROGRAM_BINARY_SIZES, sizeof(size), &size, nullptr), "size"));
  if (size == 0 || size > kMaxBinaryBytes) {
    return DeviceError("clGetProgramInfo: a binary of " + std::to_string(size) + " bytes");
  }
  std::string binary(size, '\0');
  unsigned char* into = reinterpret_cast<unsigned char*>(binary.data());
  MACE_RETURN_IF_ERROR(CheckCl(
      "clGetProgramInfo",
      clGetProgramInfo(get(), CL_PROGRAM_BINARIES, sizeof(into), &into, nullptr), "binary"));
  if (!IsPoclBinary(binary)) return binary;
  StatusOr<std::string> reproducible = ReproduciblePoclBinary(binary);
  if (reproducible.ok()) return reproducible;
  Log(LogLevel::kInfo,
      "cache: a binary names its build folder: " + reproducible.status().message());
  return binary;
}

}  // namespace mace
