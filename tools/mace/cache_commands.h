// The parts of `mace cache`: each adds subcommands to it.
#ifndef TOOLS_MACE_CACHE_COMMANDS_H_
#define TOOLS_MACE_CACHE_COMMANDS_H_

#include <CLI/CLI.hpp>
#include <vector>

#include "tools/mace/commands.h"

namespace mace {

// build: models to a file, on the device at hand.
Command AddCacheBuildCommand(CLI::App* cache);
// merge, prune, sign, keygen, extract: files to files, without a device.
std::vector<Command> AddCacheFileCommands(CLI::App* cache);
// import: upstream's file.
Command AddCacheImportCommand(CLI::App* cache);

}  // namespace mace

#endif  // TOOLS_MACE_CACHE_COMMANDS_H_
