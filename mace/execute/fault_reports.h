// Reads what the kernels of a plan report of elements that they cannot compute (ops/fault_record.h).
//
// Thread contract: thread-compatible.
#ifndef MACE_EXECUTE_FAULT_REPORTS_H_
#define MACE_EXECUTE_FAULT_REPORTS_H_

#include <vector>

#include "mace/cl/queue.h"
#include "mace/execute/device_tensors.h"
#include "mace/ops/fault_record.h"
#include "mace/plan/plan.h"

namespace mace {

class FaultReports {
 public:
  // Finds the records of the plan's launches.
  void Find(const Plan& plan);

  // Says that launches ran whose reports nobody reads.
  void MarkSet() { may_be_set_ = !sources_.empty(); }
  // Before the first launch of a run: clears what a run that did not end well has left.
  Status Begin(const DeviceTensors& memory, ClQueue* queue);
  // Behind the last launch, once for each slice of a batch: enqueues the reads and does not wait.
  Status Enqueue(const DeviceTensors& memory, ClQueue* queue);
  // After a run whose commands are done: the error that the first kernel in the order of the plan has
  // reported.
  Status Check(const Plan& plan);

 private:
  struct Source {
    int region = -1;
    int node = -1;
  };
  std::vector<Source> sources_;
  std::vector<FaultRecord> records_;  // By source.
  bool may_be_set_ = false;
};

}  // namespace mace

#endif  // MACE_EXECUTE_FAULT_REPORTS_H_
