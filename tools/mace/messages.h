// The command's messages on stderr: warnings while it works, or exactly one line if it fails.
//
// Whether the command fails is known only at its end, so warnings are held back until then. A
// command that succeeds prints each warning on its own line. One that fails prints its error and
// the warnings before it in one line. If MACE_LOG asks for more than warnings, nothing is held
// back.
//
// Thread contract: thread-safe.
#ifndef TOOLS_MACE_MESSAGES_H_
#define TOOLS_MACE_MESSAGES_H_

#include <string>

namespace mace {

// Holds back all warnings from now on.
void HoldWarnings();

// Prints the error "mace: message" and the held warnings as one line.
void WriteErrorLine(const std::string& message);
bool ErrorWasWritten();

// Prints the held warnings, each on its own line. Nothing is held back afterwards.
void ReleaseWarnings();

}  // namespace mace

#endif  // TOOLS_MACE_MESSAGES_H_
