// Lines for the person at the terminal: one line each on stderr, "mace: …". Results never go here.
//
// The threshold is MACE_LOG (error, warning, info or debug; warning by default), read once.
// Errors: none. Thread contract: thread-safe; lines of different threads do not mix.
#ifndef MACE_BASE_LOG_H_
#define MACE_BASE_LOG_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "mace/base/log_sink.h"  // IWYU pragma: export

namespace mace {

// Whether a line of this level would be written: ask before building an expensive one.
bool LogEnabled(LogLevel level);
// Line breaks within `message` become spaces.
void Log(LogLevel level, std::string_view message);
// The longest line that is written, in bytes: what a message says is in its begin and its end, and
// a name in a file may have megabytes.
constexpr size_t kLongestLogLine = 1800;

// The line that Log writes, without its line end: at most kLongestLogLine bytes, the middle cut out
// where there are more. Control characters are escaped, since names in files are not trusted
// (mace/base/printable.h).
std::string FormatLogLine(std::string_view message);

}  // namespace mace

#endif  // MACE_BASE_LOG_H_
