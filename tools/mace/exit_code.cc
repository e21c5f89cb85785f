#include "tools/mace/exit_code.h"

#include <cstdio>

#include "mace/base/log.h"

namespace mace {

int ExitCodeOf(const Status& status) {
  switch (status.code()) {
    case StatusCode::kOk:
      return kExitDone;
    case StatusCode::kDeviceError:
      return kExitDeviceError;
    case StatusCode::kInvalidArgument:
    case StatusCode::kNotFound:
    case StatusCode::kCorruption:
    case StatusCode::kUnsupported:
    case StatusCode::kIoError:
    case StatusCode::kResourceExhausted:
    case StatusCode::kFailedPrecondition:
    case StatusCode::kInternal:
      return kExitBadModelOrInput;
  }
  return kExitBadModelOrInput;
}

int Report(const Status& status) {
  if (!status.ok()) std::fputs(FormatLogLine(status.message()).c_str(), stderr);
  return ExitCodeOf(status);
}

int ReportBadUse(const std::string& message) {
  std::fputs(FormatLogLine(message).c_str(), stderr);
  return kExitBadUse;
}

}  // namespace mace
