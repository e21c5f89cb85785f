#include "tools/mace/messages.h"

#include <cstdio>
#include <mutex>
#include <string_view>
#include <utility>
#include <vector>

#include "mace/base/log.h"

namespace mace {
namespace {

// A limit for commands that warn in a loop.
constexpr size_t kMaxHeldLines = 100;
constexpr std::string_view kPrefix = "mace: ";

struct Messages {
  std::mutex mutex;
  std::vector<std::string> held;  // Without kPrefix.
  bool error_written = false;
};

Messages& All() {
  static Messages* const messages = new Messages;
  return *messages;
}

// A text that another held text contains is printed once.
void Hold(LogLevel, const std::string& line) {
  const std::string text = line.substr(line.find(kPrefix) == 0 ? kPrefix.size() : 0);
  Messages& messages = All();
  std::lock_guard<std::mutex> lock(messages.mutex);
  for (std::string& other : messages.held) {
    if (other.find(text) != std::string::npos) return;
    if (text.find(other) == std::string::npos) continue;
    other = text;
    return;
  }
  if (messages.held.size() < kMaxHeldLines) messages.held.push_back(text);
}

std::vector<std::string> TakeHeld() {
  Messages& messages = All();
  std::lock_guard<std::mutex> lock(messages.mutex);
  return std::exchange(messages.held, {});
}

void WriteLine(const std::string& message) {
  const std::string line = FormatLogLine(message) + "\n";
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace

void HoldWarnings() {
  if (!LogEnabled(LogLevel::kInfo)) SetLogSink(Hold);
}

void WriteErrorLine(const std::string& message) {
  std::string text = message;
  for (const std::string& warning : TakeHeld()) {
    if (message.find(warning) == std::string::npos) text += "; before that: " + warning;
  }
  WriteLine(text);
  std::lock_guard<std::mutex> lock(All().mutex);
  All().error_written = true;
}

bool ErrorWasWritten() {
  std::lock_guard<std::mutex> lock(All().mutex);
  return All().error_written;
}

void ReleaseWarnings() {
  SetLogSink(nullptr);
  for (const std::string& warning : TakeHeld()) WriteLine(warning);
}

}  // namespace mace
