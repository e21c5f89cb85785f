// What a driver of the counting layer does in a call besides giving an error: it ends the process or
// hangs.
//
// Thread contract: thread-safe.
#ifndef MACE_TESTING_COUNTING_LAYER_CRASHES_H_
#define MACE_TESTING_COUNTING_LAYER_CRASHES_H_

#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

namespace mace {

// Written to stderr before a hang, so that whoever waits for the process need not wait long.
inline constexpr char kHangLine[] = "counting layer: the driver hangs\n";

enum class Crash { kNone, kAbort, kSegfault, kHang };

// "abort", "segfault", "hang"; kNone for other texts.
inline Crash CrashOf(const char* text) {
  if (std::strcmp(text, "abort") == 0) return Crash::kAbort;
  if (std::strcmp(text, "segfault") == 0) return Crash::kSegfault;
  if (std::strcmp(text, "hang") == 0) return Crash::kHang;
  return Crash::kNone;
}

// Returns only for kNone.
inline void DoCrash(Crash crash) {
  if (crash == Crash::kAbort) std::abort();
  if (crash == Crash::kSegfault) {
    signal(SIGSEGV, SIG_DFL);
    raise(SIGSEGV);
  }
  if (crash != Crash::kHang) return;
  static_cast<void>(!write(STDERR_FILENO, kHangLine, sizeof(kHangLine) - 1));
  for (;;) pause();
}

}  // namespace mace

#endif  // MACE_TESTING_COUNTING_LAYER_CRASHES_H_
