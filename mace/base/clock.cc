#include "mace/base/clock.h"

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace mace {
namespace {

double ReadClock(clockid_t clock) {
  struct timespec now = {};
  if (clock_gettime(clock, &now) != 0) return 0;
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

// Ticks from boot to this process's start: field 22 of /proc/self/stat; negative when it cannot be
// read.
double StartTicks() {
  FILE* file = std::fopen("/proc/self/stat", "re");
  if (file == nullptr) return -1;
  char text[2048];
  const size_t length = std::fread(text, 1, sizeof(text) - 1, file);
  std::fclose(file);
  text[length] = '\0';
  // Field 2 is the program's name in parentheses and may hold blanks and parentheses of its own.
  const char* cursor = std::strrchr(text, ')');
  for (int field = 2; field < 22; ++field) {
    if (cursor == nullptr) return -1;
    cursor = std::strchr(cursor + 1, ' ');
  }
  return cursor != nullptr ? std::strtod(cursor + 1, nullptr) : -1;
}

double ComputeProcessStart() {
  const double now = MonotonicMilliseconds();
  const double ticks = StartTicks();
  const long ticks_per_second = sysconf(_SC_CLK_TCK);
  if (ticks <= 0 || ticks_per_second <= 0) return now;
  // The start counts from boot with suspended time in it, CLOCK_MONOTONIC leaves that time out; the
  // age is the link.
  const double age =
      ReadClock(CLOCK_BOOTTIME) - ticks * 1e3 / static_cast<double>(ticks_per_second);
  return age >= 0 ? now - age : now;
}

}  // namespace

double MonotonicMilliseconds() { return ReadClock(CLOCK_MONOTONIC); }

double ProcessStartMilliseconds() {
  static const double start = ComputeProcessStart();
  return start;
}

size_t PeakRssBytes() {
  struct rusage usage = {};
  if (getrusage(RUSAGE_SELF, &usage) != 0) return 0;
  return static_cast<size_t>(usage.ru_maxrss) * 1024;
}

}  // namespace mace
