// Makes a profile from timed runs: the time of each op beside the least work that it could take.
// Plain data in, plain data out; no device is used.
#ifndef MACE_DIAGNOSE_PROFILE_H_
#define MACE_DIAGNOSE_PROFILE_H_

#include <vector>

#include "mace/diagnose.h"
#include "mace/execute/run_times.h"
#include "mace/plan/plan.h"

namespace mace {

// REQUIRES: `runs` holds at least one timed run of the plan.
Profile MakeProfile(const Plan& plan, const std::vector<RunTimes>& runs);

// The profile of a model that runs in stages, from those of its stages. A run lasts from the
// beginning of its first stage to the end of its last one, with what the host does in between.
// REQUIRES: there is a stage, and all stages have equally many runs.
Profile JoinProfiles(std::vector<Profile> stages);

}  // namespace mace

#endif  // MACE_DIAGNOSE_PROFILE_H_
