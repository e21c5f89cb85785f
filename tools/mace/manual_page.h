// The manual page of the command.
#ifndef TOOLS_MACE_MANUAL_PAGE_H_
#define TOOLS_MACE_MANUAL_PAGE_H_

#include <string>
#include <vector>

#include "tools/mace/command_tree.h"

namespace mace {

// A page of section 1 in the man macros of troff. `version`: "mace 0.1.0".
std::string ManualPage(const std::vector<CommandDescription>& commands, const std::string& version);

}  // namespace mace

#endif  // TOOLS_MACE_MANUAL_PAGE_H_
