// Lines for the person at the terminal: one line each on stderr, "mace: …". Results never go here.
//
// The threshold is MACE_LOG (error, warning, info or debug; warning by default), read once.
// Errors: none. Thread contract: thread-safe; lines of different threads do not mix.
#ifndef MACE_BASE_LOG_H_
#define MACE_BASE_LOG_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace mace {

enum class LogLevel { kError, kWarning, kInfo, kDebug };

// Whether a line of this level would be written: ask before building an expensive one.
bool LogEnabled(LogLevel level);
// Line breaks within `message` become spaces.
void Log(LogLevel level, std::string_view message);
// Takes the place of MACE_LOG from here on, for an option of the caller's.
void SetLogLevel(LogLevel level);

// Takes the lines in place of stderr, as FormatLogLine makes them; called on the thread that logs,
// from several at once. Null: stderr again.
using LogSink = void (*)(LogLevel level, const std::string& line);
void SetLogSink(LogSink sink);

// The longest line that is written, in bytes: what a message says is in its begin and its end, and
// a name in a file may have megabytes.
constexpr size_t kLongestLogLine = 1800;

// What Log writes, without its line end: at most kLongestLogLine bytes, the middle cut out where
// there are more. Control characters are escaped, since names in files are not trusted
// (mace/base/printable.h).
std::string FormatLogLine(std::string_view message);

}  // namespace mace

#endif  // MACE_BASE_LOG_H_
