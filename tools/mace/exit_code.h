// The command's exit codes, and its error line on stderr.
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

// The exit code for a failure of the engine.
int ExitCodeOf(const Status& status);

// Prints "mace: message" as one line on stderr and gives the exit code. For OK it prints nothing
// and gives 0.
int Report(const Status& status);
// Reports a wrong use of the command in the same form.
int ReportBadUse(const std::string& message);
// Reports a comparison that found a difference in the same form.
int ReportComparisonFailed(const std::string& message);

}  // namespace mace

#endif  // TOOLS_MACE_EXIT_CODE_H_
