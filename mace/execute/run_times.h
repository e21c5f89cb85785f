// When the steps of one run happened, on the host and on the device.
#ifndef MACE_EXECUTE_RUN_TIMES_H_
#define MACE_EXECUTE_RUN_TIMES_H_

#include <vector>

#include "mace/plan/plan.h"

namespace mace {

// All times in milliseconds of MonotonicMilliseconds.
struct StepTimes {
  Step step;
  // Host time: enqueueing a launch, waiting for a copy, or computing a node on the CPU.
  double host_begin = 0;
  double host_end = 0;
  // Device time, converted to the host's clock. A library call begins when the command before it
  // ended, because its event belongs to its last kernel.
  bool on_device = false;
  double device_begin = 0;
  double device_end = 0;
};

struct RunTimes {
  double begin = 0;
  double end = 0;
  std::vector<StepTimes> steps;  // In the order of the run: all steps, slice by slice.
};

}  // namespace mace

#endif  // MACE_EXECUTE_RUN_TIMES_H_
