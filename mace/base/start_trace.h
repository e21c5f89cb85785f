// How long the parts of an engine's start take: opening the device, reading the model, planning,
// packing weights, loading programs, the first run.
//
// Parts are recorded always (a dozen clock readings), for the report of `mace run`. With
// MACE_TRACE_START=1 each is also a line on stderr when it ends, in milliseconds from the process's
// start: "mace: start: 31.2 to 43.6, 12.4 ms: weights". Parts of different threads overlap, and
// some lie within others, so they do not add up.
// Errors: none. Thread contract: thread-safe.
#ifndef MACE_BASE_START_TRACE_H_
#define MACE_BASE_START_TRACE_H_

#include <string>
#include <vector>

namespace mace {

struct StartPart {
  std::string name;
  // On CLOCK_MONOTONIC in milliseconds: whoever started this process can count from there.
  double begin_ms = 0;
  double end_ms = 0;
};

// The recorded parts, in the order in which they ended. Where several parts have one name, the
// first is kept, because what a second engine of the process does is no start.
std::vector<StartPart> StartParts();

// Whether parts are printed; the first call reads the environment.
bool StartTracePrints();

void RecordStartPart(const char* name, double begin_ms, double end_ms);

// The part lasts as long as the object. `name` must outlive it.
class ScopedStartPart {
 public:
  explicit ScopedStartPart(const char* name);
  ~ScopedStartPart();
  ScopedStartPart(const ScopedStartPart&) = delete;
  ScopedStartPart& operator=(const ScopedStartPart&) = delete;

 private:
  const char* name_;
  double begin_ms_;
};

}  // namespace mace

#endif  // MACE_BASE_START_TRACE_H_
