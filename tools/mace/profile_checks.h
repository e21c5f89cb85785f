// What every profile must satisfy, for the tests of `mace profile`.
#ifndef TOOLS_MACE_PROFILE_CHECKS_H_
#define TOOLS_MACE_PROFILE_CHECKS_H_

#include <string>

#include "tools/mace/json_output.h"

namespace mace {

// All keys of ProfileJson exist, sums agree, and no time is negative.
void ExpectProfileJson(const Json& json);
// A Chrome trace with complete events, the arguments of launches, and no overlapping slices in a
// track.
void ExpectTrace(const Json& trace);
// HTML that loads nothing and whose data are JSON.
void ExpectPage(const std::string& page);

}  // namespace mace

#endif  // TOOLS_MACE_PROFILE_CHECKS_H_
