// The process's standard streams. Tables go to stdout through Print; whether everything was written
// is checked once, at the end.
//
// Thread contract: for the main thread only.
#ifndef TOOLS_MACE_STREAMS_H_
#define TOOLS_MACE_STREAMS_H_

#include <cstdio>
#include <string_view>

namespace mace {

// Must be called first in main. A closed stream is replaced by a placeholder; otherwise the first
// file to be opened would get its number, and tables would be written into that file. Writing to a
// closed stdout is an error. Exceeding a file size limit and writing to a pipe without a reader
// become errors of the call (EFBIG, EPIPE) instead of signals that end the process.
void PrepareStreams();

// fprintf that escapes control characters in its arguments (mace/base/printable.h), because they
// may come from files. The only line ends are those of `format`. REQUIRES: `format` has no other
// control character.
[[gnu::format(printf, 2, 3)]] void Print(FILE* out, const char* format, ...);
// Prints a text of several lines, escaped in the same way; its line ends are kept.
void PrintLines(FILE* out, std::string_view text);

// Flushes stdout. Gives `exit_code`, or the code for a bad output and a line on stderr if stdout
// did not take everything.
int FinishStdout(int exit_code);

}  // namespace mace

#endif  // TOOLS_MACE_STREAMS_H_
