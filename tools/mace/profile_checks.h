// What every profile must satisfy, whatever device it is of: for the tests of `mace profile`.
#ifndef TOOLS_MACE_PROFILE_CHECKS_H_
#define TOOLS_MACE_PROFILE_CHECKS_H_

#include <string>

#include "tools/mace/json_output.h"

namespace mace {

// All keys of ProfileJson, sums that agree, no negative time.
void ExpectProfileJson(const Json& json);
// A Chrome trace: complete events with the arguments of a launch, slices of a track that do not
// overlap.
void ExpectTrace(const Json& trace);
// HTML that loads nothing, and whose data are JSON.
void ExpectPage(const std::string& page);

}  // namespace mace

#endif  // TOOLS_MACE_PROFILE_CHECKS_H_
