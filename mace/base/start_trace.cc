#include "mace/base/start_trace.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>

#include "mace/base/catch_exhaustion.h"
#include "mace/base/clock.h"

namespace mace {
namespace {

struct Recorded {
  std::mutex mutex;
  std::vector<StartPart> parts;
};

// Never destroyed: engines may outlive static objects.
Recorded& TheRecorded() {
  static auto* recorded = new Recorded;
  return *recorded;
}

}  // namespace

bool StartTracePrints() {
  static const bool prints = [] {
    const char* value = std::getenv("MACE_TRACE_START");
    return value != nullptr && std::strcmp(value, "1") == 0;
  }();
  return prints;
}

std::vector<StartPart> StartParts() {
  std::lock_guard<std::mutex> lock(TheRecorded().mutex);
  return TheRecorded().parts;
}

void RecordStartPart(const char* name, double begin_ms, double end_ms) {
  bool is_first = true;
  // Destructors call this: a part that there is no memory for is not recorded.
  const Status recorded = CatchExhaustion([&] {
    std::lock_guard<std::mutex> lock(TheRecorded().mutex);
    for (const StartPart& part : TheRecorded().parts) is_first = is_first && part.name != name;
    if (is_first) TheRecorded().parts.push_back({name, begin_ms, end_ms});
    return Status();
  });
  if (!recorded.ok() || !is_first || !StartTracePrints()) return;
  const double start = ProcessStartMilliseconds();
  std::fprintf(stderr, "mace: start: %.1f to %.1f, %.1f ms: %s\n", begin_ms - start, end_ms - start,
               end_ms - begin_ms, name);
}

ScopedStartPart::ScopedStartPart(const char* name)
    : name_(name), begin_ms_(MonotonicMilliseconds()) {}

ScopedStartPart::~ScopedStartPart() { RecordStartPart(name_, begin_ms_, MonotonicMilliseconds()); }

}  // namespace mace
