// What the command says on stderr: warnings while it works, or exactly one line where it fails.
//
// Whether the command will fail is known at its end, so warnings are held back until then. A
// command that succeeds says each in a line of its own; one that fails says its error, and the
// warnings before it, in one line. Where MACE_LOG asks for more than warnings, nothing is held
// back: a person watches.
// Thread contract: thread-safe.
#ifndef TOOLS_MACE_MESSAGES_H_
#define TOOLS_MACE_MESSAGES_H_

#include <string>

namespace mace {

// From here on warnings are held back.
void HoldWarnings();

// Says the error "mace: message", and what is held back, as one line.
void WriteErrorLine(const std::string& message);
bool ErrorWasWritten();

// Says what is held back, a line each; from here on nothing is held back.
void ReleaseWarnings();

}  // namespace mace

#endif  // TOOLS_MACE_MESSAGES_H_
