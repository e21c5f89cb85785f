// Time and memory of this process.
//
// Errors: none, see each function for what stands where the system does not tell. Thread contract:
// thread-safe.
#ifndef MACE_BASE_CLOCK_H_
#define MACE_BASE_CLOCK_H_

#include <cstddef>

namespace mace {

// CLOCK_MONOTONIC in milliseconds.
double MonotonicMilliseconds();

// When this process was started (before its exec loaded anything), on the same clock. The time is
// as precise as the kernel's tick, normally 10 ms, and rounded down, so it is never later than the
// true start. Where the system does not tell the start, it is the time of the first call.
double ProcessStartMilliseconds();

// The largest resident size this process has had; 0 where the system does not tell.
size_t PeakRssBytes();

}  // namespace mace

#endif  // MACE_BASE_CLOCK_H_
