#include "tools/mace/exit_code.h"

#include "tools/mace/messages.h"

namespace mace {
namespace {

bool exit_is_expected = false;

}  // namespace

void ExpectExit() { exit_is_expected = true; }

bool ExitIsExpected() { return exit_is_expected; }

int ExitCodeOf(const Status& status) {
  switch (status.code()) {
    case StatusCode::kOk:
      return kExitDone;
    case StatusCode::kDeviceError:
    case StatusCode::kDeviceLost:
      return kExitDeviceError;
    case StatusCode::kInvalidArgument:
    case StatusCode::kNotFound:
    case StatusCode::kCorruption:
    case StatusCode::kUnsupported:
    case StatusCode::kIoError:
    case StatusCode::kResourceExhausted:
    case StatusCode::kFailedPrecondition:
    case StatusCode::kInternal:
    case StatusCode::kCancelled:
    case StatusCode::kDeadlineExceeded:
      return kExitBadModelOrInput;
  }
  return kExitBadModelOrInput;
}

int Report(const Status& status) {
  if (!status.ok()) WriteErrorLine(status.message());
  return ExitCodeOf(status);
}

int ReportBadUse(const std::string& message) {
  WriteErrorLine(message);
  return kExitBadUse;
}

int ReportComparisonFailed(const std::string& message) {
  WriteErrorLine(message);
  return kExitComparisonFailed;
}

}  // namespace mace
