#include "mace/base/catch_exhaustion.h"

namespace mace {
namespace {

// Made when the program starts, while there is memory.
[[maybe_unused]] const Status& kMadeAhead = OutOfMemory();

}  // namespace

const Status& OutOfMemory() {
  static const Status* const status = new Status(ResourceExhausted("out of memory"));
  return *status;
}

}  // namespace mace
