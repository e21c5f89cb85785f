// What reports of the model and of its graph share.
//
// Thread contract: thread-safe.
#ifndef MACE_DIAGNOSE_REPORT_H_
#define MACE_DIAGNOSE_REPORT_H_

#include <vector>

#include "mace/diagnose.h"
#include "mace/plan/plan.h"

namespace mace {

// A report for each node of the plan's graph.
std::vector<NodeReport> NodesOf(const Plan& plan);

}  // namespace mace

#endif  // MACE_DIAGNOSE_REPORT_H_
