// How an app chooses where the lines of the log go, and which lines are written.
//
// Thread contract: thread-safe.
#ifndef MACE_BASE_LOG_SINK_H_
#define MACE_BASE_LOG_SINK_H_

#include <functional>
#include <string>

namespace mace {

enum class LogLevel { kError, kWarning, kInfo, kDebug };

// Lines up to this level are written; at first those that the environment variable MACE_LOG says
// (error, warning, info or debug), else warnings and errors.
void SetLogLevel(LogLevel level);

// Takes each line, "mace: ...", without a line end, in place of stderr. It is called on the thread
// that logs, by several threads at once, and must not log or call SetLogSink itself. A sink that is
// replaced may still be at work on other threads when SetLogSink returns.
using LogSink = std::function<void(LogLevel level, const std::string& line)>;
// An empty sink: stderr again.
void SetLogSink(LogSink sink);

}  // namespace mace

#endif  // MACE_BASE_LOG_SINK_H_
