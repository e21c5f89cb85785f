// The command's exit codes, and the one line on stderr that goes with a failure.
#ifndef TOOLS_MACE_EXIT_CODE_H_
#define TOOLS_MACE_EXIT_CODE_H_

#include "mace/base/status.h"

namespace mace {

enum ExitCode : int {
  kExitDone = 0,
  kExitComparisonFailed = 1,
  kExitBadUse = 2,
  kExitBadModelOrInput = 3,
  kExitDeviceError = 4,
};

// The code for a failure of the engine.
int ExitCodeOf(const Status& status);

// Prints "mace: message" as one line on stderr and gives the exit code; 0 and silence for OK.
int Report(const Status& status);
// The same for a wrong use of the command.
int ReportBadUse(const std::string& message);
// The same where the command did its work, and what it compared differs.
int ReportComparisonFailed(const std::string& message);

}  // namespace mace

#endif  // TOOLS_MACE_EXIT_CODE_H_
