// A progress bar for long work, on a terminal alone.
//
//   ScopedProgress progress("validating", cases.size());
//   for (...) {
//     progress.Begin(name);
//     ...
//   }
//
// The bar is one line on stderr: what is done, how much of it, and for how long. It appears after a
// third of a second, so that quick work shows none, and a thread of its own draws it, so that a
// long call shows that time passes. It is erased before anything else is printed (EraseProgress)
// and when the work ends. Nothing is drawn, and no thread is started, before ShowProgress.
//
// A scope within another one is named beside it: the compiling of one case, for example.
//
// Debian 12 has no C++ library of progress bars.
//
// Thread contract: thread-safe, but scopes begin and end on the main thread alone, and a process
// must not fork within a scope.
#ifndef TOOLS_MACE_PROGRESS_H_
#define TOOLS_MACE_PROGRESS_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mace {

// Whether bars may be drawn: stderr is a terminal that can move its cursor (TERM is set, and not
// "dumb"), and the log writes warnings and errors alone, which the command holds back. Reads the
// environment.
bool TerminalTakesProgress();

// Draws bars from now on. With `color` the filled part of a bar is green.
void ShowProgress(bool color);
// Erases the bar and draws none any more.
void StopProgress();

// Removes the bar from the terminal; it comes back unless the work ends. `text`: what is printed
// next. While the last text has not ended its line, no bar is drawn. REQUIRES: the caller prints
// the text before it calls anything else of this file.
void EraseProgress(std::string_view text);

class ScopedProgress {
 public:
  // `what`: a verb, such as "compiling". `total`: the number of parts; 0: unknown, which shows the
  // time alone.
  explicit ScopedProgress(const std::string& what, size_t total = 0);
  // Erases the bar; a scope around this one shows its bar again.
  ~ScopedProgress();
  ScopedProgress(const ScopedProgress&) = delete;
  ScopedProgress& operator=(const ScopedProgress&) = delete;

  // Begins the next part: all earlier ones are done. `detail` names it; it may come from a file.
  void Begin(const std::string& detail);
};

// The innermost scope is about `what`, of which `done` of `total` parts are done. For callbacks
// that have no scope of their own; does nothing without a scope.
void UpdateProgress(const std::string& what, size_t done, size_t total);

// What one scope shows.
struct ProgressState {
  std::string what;
  std::string detail;
  size_t begun = 0;     // Parts that were begun.
  size_t done = 0;      // Parts that are done.
  size_t total = 0;     // 0: unknown.
  double begin_ms = 0;  // When the scope began, by the monotonic clock.
};

// The text of a bar, in at most `width` columns. `scopes`: the innermost last; the bar is that of
// the innermost one that knows its total, or else of the outermost. REQUIRES: there is a scope.
std::string ProgressLine(const std::vector<ProgressState>& scopes, double now_ms, size_t width,
                         bool color);

}  // namespace mace

#endif  // TOOLS_MACE_PROGRESS_H_
