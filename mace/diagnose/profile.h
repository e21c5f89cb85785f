// What a run's time went into: timed runs, op by op, beside what the work would take at least.
//
// Plain data from plain data: no device.
#ifndef MACE_DIAGNOSE_PROFILE_H_
#define MACE_DIAGNOSE_PROFILE_H_

#include <vector>

#include "mace/diagnose.h"
#include "mace/execute/run_times.h"
#include "mace/plan/plan.h"

namespace mace {

// REQUIRES: `runs`, at least one, are timed runs of the plan.
Profile MakeProfile(const Plan& plan, const std::vector<RunTimes>& runs);

}  // namespace mace

#endif  // MACE_DIAGNOSE_PROFILE_H_
