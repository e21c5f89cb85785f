// The process's standard streams: tables go to stdout through Print, and whether stdout took all of
// it is found out in one place, at the end.
//
// Thread contract: for the main thread.
#ifndef TOOLS_MACE_STREAMS_H_
#define TOOLS_MACE_STREAMS_H_

#include <cstdio>
#include <string_view>

namespace mace {

// Before anything else in main. A stream that is closed gets a placeholder, or the first file that
// is opened would take its number, and tables would be written into that file; what is then
// written to stdout is an error. A file above a size limit and a pipe without a reader are errors
// of the call that writes (EFBIG, EPIPE), not signals that end the process.
void PrepareStreams();

// As fprintf, but control characters among the arguments are escaped (mace/base/printable.h), since
// they come from files; line ends are those of `format` alone. REQUIRES: no other control character
// in `format`.
[[gnu::format(printf, 2, 3)]] void Print(FILE* out, const char* format, ...);
// Text of several lines, escaped likewise; its line ends are kept.
void PrintLines(FILE* out, std::string_view text);

// Hands over what stdout still holds. Gives `exit_code`, or the code of a bad output, with a line
// on stderr, where stdout did not take everything.
int FinishStdout(int exit_code);

}  // namespace mace

#endif  // TOOLS_MACE_STREAMS_H_
