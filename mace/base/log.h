// Lines for the person at the terminal: one line each on stderr, "mace: …". Results never go here.
//
// The threshold is MACE_LOG (error, warning, info or debug; warning by default), read once.
// Errors: none. Thread contract: thread-safe; lines of different threads do not mix.
#ifndef MACE_BASE_LOG_H_
#define MACE_BASE_LOG_H_

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

// What Log writes, without its line end. Other control characters become '?', since names in files
// are not trusted.
std::string FormatLogLine(std::string_view message);

}  // namespace mace

#endif  // MACE_BASE_LOG_H_
