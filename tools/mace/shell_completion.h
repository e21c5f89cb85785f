// Scripts with which a shell completes the words of the command.
#ifndef TOOLS_MACE_SHELL_COMPLETION_H_
#define TOOLS_MACE_SHELL_COMPLETION_H_

#include <string>
#include <vector>

#include "tools/mace/command_tree.h"

namespace mace {

// Bash completes subcommands, options, the values of options that take one of a few words, and
// else the names of files.
std::string BashCompletion(const std::vector<CommandDescription>& commands);
// Zsh completes the same, and shows what each subcommand and option is for. The script is a
// function that Zsh loads from a folder of its `fpath` as `_mace`.
std::string ZshCompletion(const std::vector<CommandDescription>& commands);
// Fish completes the same, and shows what each subcommand and option is for.
std::string FishCompletion(const std::vector<CommandDescription>& commands);

}  // namespace mace

#endif  // TOOLS_MACE_SHELL_COMPLETION_H_
