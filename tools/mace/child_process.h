// Work in a child process, for calls of drivers that may crash, hang or end the process.
//
// Thread contract: for the main thread only, before the process has started threads or used OpenCL,
// which no child survives.
#ifndef TOOLS_MACE_CHILD_PROCESS_H_
#define TOOLS_MACE_CHILD_PROCESS_H_

#include <functional>
#include <string>

namespace mace {

struct ChildResult {
  bool completed = false;  // The work gave its text.
  std::string text;        // What the work gave.
  std::string output;      // The end of what it printed, on stdout or stderr.
  int exit_code = -1;      // -1: a signal ended the child, or there was none.
  int signal = 0;
  bool timed_out = false;
  std::string why_none;  // Why no child could be made.

  // How the child ended, in words: "it crashed (Segmentation fault)".
  std::string HowItEnded() const;
};

// Forks a child that calls `work`, and waits at most `seconds` for its text and its end; then the
// child and the processes that it started are killed. The child has no stdin, writes no core file,
// and prints into ChildResult::output. The text has no null characters.
ChildResult RunInChild(const std::function<std::string()>& work, double seconds);

}  // namespace mace

#endif  // TOOLS_MACE_CHILD_PROCESS_H_
