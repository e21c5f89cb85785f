#include "tools/mace/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <vector>

#include "mace/base/clock.h"
#include "mace/base/log.h"
#include "mace/base/printable.h"

namespace mace {
namespace {

constexpr double kDelayMs = 300;  // Work that is shorter shows no bar.
constexpr auto kInterval = std::chrono::milliseconds(150);
constexpr size_t kBarWidth = 24;
constexpr size_t kUsualWidth = 80;
constexpr char kGreen[] = "\x1b[32m", kPlain[] = "\x1b[0m";
constexpr char kEraseLine[] = "\r\x1b[K";

size_t TerminalWidth() {
  winsize size = {};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kUsualWidth;
  return size.ws_col;
}

// At most `columns` code points of `text`.
std::string CutToColumns(const std::string& text, size_t columns) {
  size_t end = 0;
  for (size_t used = 0; end < text.size() && used < columns; ++used) {
    end += std::max<size_t>(DecodeUtf8(std::string_view(text).substr(end)).bytes, 1);
  }
  return text.substr(0, end);
}

size_t ColumnsOf(const std::string& text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

// Everything about the one bar of the process. Never destroyed: its thread runs until the end.
class Bar {
 public:
  void Start(bool color) {
    std::lock_guard<std::mutex> lock(mutex_);
    if (is_started_) return;
    is_started_ = is_on_ = true;
    color_ = color;
    // The process does not wait for this thread, which owns nothing.
    std::thread([this] { DrawForEver(); }).detach();
  }
  void Stop() {
    std::lock_guard<std::mutex> lock(mutex_);
    Erase();
    is_on_ = false;
  }
  void Push(ProgressState state) {
    std::lock_guard<std::mutex> lock(mutex_);
    scopes_.push_back(std::move(state));
    woken_.notify_one();
  }
  void Pop() {
    std::lock_guard<std::mutex> lock(mutex_);
    scopes_.pop_back();
    Erase();
  }
  template <typename Change>
  void ChangeInnermost(const Change& change) {
    std::lock_guard<std::mutex> lock(mutex_);
    if (!scopes_.empty()) change(&scopes_.back());
  }
  void MakeRoomFor(std::string_view text) {
    std::lock_guard<std::mutex> lock(mutex_);
    Erase();
    if (!text.empty()) line_is_open_ = text.back() != '\n';
  }

 private:
  void Erase() {
    if (!is_drawn_) return;
    Write(kEraseLine);
    is_drawn_ = false;
  }

  static void Write(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stderr);
    std::fflush(stderr);
  }

  void DrawForEver() {
    std::unique_lock<std::mutex> lock(mutex_);
    while (true) {
      // Without work the thread sleeps.
      woken_.wait(lock, [this] { return !scopes_.empty(); });
      woken_.wait_for(lock, kInterval, [] { return false; });
      Draw();
    }
  }

  void Draw() {
    if (!is_on_ || scopes_.empty() || line_is_open_) return;
    const double now = MonotonicMilliseconds();
    if (now - scopes_.front().begin_ms < kDelayMs) return;
    Write(kEraseLine + ProgressLine(scopes_, now, TerminalWidth() - 1, color_));
    is_drawn_ = true;
  }

  std::mutex mutex_;
  std::condition_variable woken_;
  std::vector<ProgressState> scopes_;  // The innermost last.
  bool is_started_ = false;
  bool is_on_ = false;
  bool color_ = false;
  bool is_drawn_ = false;
  bool line_is_open_ = false;  // What was printed last has not ended its line.
};

Bar& TheBar() {
  static Bar* const bar = new Bar;
  return *bar;
}

// "[######..................] 3 of 12"; empty if the total is unknown.
std::string PartsText(const ProgressState& state, bool color) {
  if (state.total == 0) return "";
  const size_t done = std::min(state.done, state.total);
  const size_t filled = kBarWidth * done / state.total;
  const std::string full(filled, '#'), rest(kBarWidth - filled, '.');
  return " [" + (color ? kGreen + full + kPlain : full) + rest + "] " + std::to_string(done) +
         " of " + std::to_string(state.total);
}

}  // namespace

bool TerminalTakesProgress() {
  const char* const terminal = std::getenv("TERM");
  return isatty(STDERR_FILENO) != 0 && terminal != nullptr && *terminal != '\0' &&
         std::string_view(terminal) != "dumb" && !LogEnabled(LogLevel::kInfo);
}

void ShowProgress(bool color) { TheBar().Start(color); }

void StopProgress() { TheBar().Stop(); }

void EraseProgress(std::string_view text) { TheBar().MakeRoomFor(text); }

std::string ProgressLine(const std::vector<ProgressState>& scopes, double now_ms, size_t width,
                         bool color) {
  size_t shown = scopes.size() - 1;
  while (shown > 0 && scopes[shown].total == 0) --shown;
  const ProgressState& state = scopes[shown];
  std::string detail;
  for (size_t i = shown + 1; i < scopes.size(); ++i) detail += scopes[i].what + ": ";
  detail = EscapeControls(detail + state.detail);
  char time[32];
  std::snprintf(time, sizeof(time), ", %.1f s", std::max(0.0, now_ms - state.begin_ms) / 1000);
  const std::string what = EscapeControls(state.what);
  const size_t columns = ColumnsOf(what) + ColumnsOf(PartsText(state, false)) + ColumnsOf(time);
  // On a narrow terminal the bar goes first.
  if (columns > width) return CutToColumns(what + time, width);
  const std::string line = what + PartsText(state, color) + time;
  const size_t room = width - columns;
  // The end of a path says most. Characters of several bytes leave some room unused.
  constexpr size_t kLeastDetail = 16;
  return detail.empty() || room < kLeastDetail + 2 ? line
                                                   : line + ": " + CutMiddle(detail, room - 2);
}

ScopedProgress::ScopedProgress(const std::string& what, size_t total) {
  TheBar().Push({what, "", 0, 0, total, MonotonicMilliseconds()});
}

ScopedProgress::~ScopedProgress() { TheBar().Pop(); }

void ScopedProgress::Begin(const std::string& detail) {
  TheBar().ChangeInnermost([&](ProgressState* state) {
    state->done = state->begun++;
    state->detail = detail;
  });
}

void UpdateProgress(const std::string& what, size_t done, size_t total) {
  TheBar().ChangeInnermost([&](ProgressState* state) {
    state->what = what;
    state->done = done;
    state->total = total;
    state->detail.clear();
  });
}

}  // namespace mace
