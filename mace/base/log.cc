#include "mace/base/log.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>

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

}  // namespace

bool LogEnabled(LogLevel level) { return level <= Threshold().load(std::memory_order_relaxed); }

void SetLogLevel(LogLevel level) { Threshold().store(level, std::memory_order_relaxed); }

std::string FormatLogLine(std::string_view message) {
  std::string line = "mace: ";
  line.append(message);
  for (char& c : line) {
    if (c == '\n' || c == '\r' || c == '\t') c = ' ';
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  }
  return line;
}

void Log(LogLevel level, std::string_view message) {
  if (!LogEnabled(level)) return;
  const std::string line = FormatLogLine(message) + "\n";
  // One call a line: stdio's lock keeps lines of different threads apart.
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace mace
