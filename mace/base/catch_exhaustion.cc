#include "mace/base/catch_exhaustion.h"

namespace mace {

const Status& OutOfMemory() {
  static const Status* const status = new Status(ResourceExhausted("out of memory"));
  return *status;
}

namespace {

// Made when the program starts, while there is memory.
[[maybe_unused]] const Status& kMadeAhead = OutOfMemory();

}  // namespace
}  // namespace mace
