// A built program, from source or from a driver's binary. Only the compiler (compiler.h) makes
// them: it is the one door, and it asks the cache first.
//
// Errors: kDeviceError, and kUnsupported for a text that the driver cannot compile, both with the
// first lines of the build log. Thread contract: immutable once
// built, thread-safe.
#ifndef MACE_CL_PROGRAM_H_
#define MACE_CL_PROGRAM_H_

#include <CL/cl.h>

#include <memory>
#include <string>
#include <string_view>

#include "mace/base/span.h"
#include "mace/base/status.h"
#include "mace/cl/device.h"
#include "mace/cl/handle.h"

namespace mace {

// The one set of options of every kernel. No fast-math: a NaN must stay a NaN, an infinity an
// infinity.
inline constexpr const char* kBuildOptions = "-cl-std=CL1.2 -cl-mad-enable";

class ClProgram {
 public:
  // `what` names the kernels, for messages. kUnsupported if the driver cannot compile the text
  // (CL_BUILD_PROGRAM_FAILURE).
  static StatusOr<std::shared_ptr<ClProgram>> FromSource(std::shared_ptr<ClDevice> device,
                                                         std::string_view source,
                                                         std::string_view what);
  static StatusOr<std::shared_ptr<ClProgram>> FromBinary(std::shared_ptr<ClDevice> device,
                                                         Bytes binary, std::string_view what);

  // Asks the driver for the program's binary. PoCL freezes it at the first such question: ask once,
  // after every launch that it must cover has run. PoCL's comes without what names the machine
  // that compiled it (pocl/reproducible_binary.h).
  StatusOr<std::string> Binary() const;

  cl_program get() const { return handle_.get(); }

 private:
  ClProgram(std::shared_ptr<ClDevice> device, cl_program program)
      : device_(std::move(device)), handle_(program) {}
  Status Build(std::string_view what);

  std::shared_ptr<ClDevice> device_;
  ClProgramHandle handle_;
};

}  // namespace mace

#endif  // MACE_CL_PROGRAM_H_
