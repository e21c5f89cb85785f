#include "mace/base/log.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <utility>

#include "mace/base/printable.h"

namespace mace {
namespace {

LogLevel LevelFromEnvironment() {
  const char* value = std::getenv("MACE_LOG");
  const std::string_view name = value != nullptr ? value : "";
  if (name == "error") return LogLevel::kError;
  if (name == "info") return LogLevel::kInfo;
  if (name == "debug") return LogLevel::kDebug;
  return LogLevel::kWarning;
}

std::atomic<LogLevel>& Threshold() {
  static std::atomic<LogLevel> threshold(LevelFromEnvironment());
  return threshold;
}

struct Sink {
  std::mutex mutex;
  std::shared_ptr<const LogSink> function;  // Null: stderr.
};

// Never destroyed: static objects may log when they are.
Sink& TheSink() {
  static auto* const sink = new Sink;
  return *sink;
}

std::shared_ptr<const LogSink> CurrentSink() {
  std::lock_guard<std::mutex> lock(TheSink().mutex);
  return TheSink().function;
}

}  // namespace

bool LogEnabled(LogLevel level) { return level <= Threshold().load(std::memory_order_relaxed); }

void SetLogLevel(LogLevel level) { Threshold().store(level, std::memory_order_relaxed); }

void SetLogSink(LogSink sink) {
  std::shared_ptr<const LogSink> function;
  if (sink) function = std::make_shared<const LogSink>(std::move(sink));
  std::lock_guard<std::mutex> lock(TheSink().mutex);
  TheSink().function.swap(function);
}

std::string FormatLogLine(std::string_view message) {
  // Cut first: escaping makes up to six bytes of one, and is not done to megabytes.
  std::string text = CutMiddle(message, kLongestLogLine);
  for (char& c : text) {
    if (c == '\n' || c == '\r' || c == '\t') c = ' ';
  }
  return CutMiddle("mace: " + EscapeControls(text), kLongestLogLine);
}

void Log(LogLevel level, std::string_view message) {
  if (!LogEnabled(level)) return;
  const std::string line = FormatLogLine(message);
  if (const std::shared_ptr<const LogSink> sink = CurrentSink()) {
    (*sink)(level, line);
    return;
  }
  const std::string ended = line + "\n";
  // One call a line: stdio's lock keeps lines of different threads apart.
  std::fwrite(ended.data(), 1, ended.size(), stderr);
}

}  // namespace mace
