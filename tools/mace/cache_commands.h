// The parts of `mace cache`. Each function adds subcommands.
#ifndef TOOLS_MACE_CACHE_COMMANDS_H_
#define TOOLS_MACE_CACHE_COMMANDS_H_

#include <vector>

#include "tools/mace/commands.h"

namespace CLI {
class App;
}  // namespace CLI

namespace mace {

// build: makes a file from models, on the device at hand.
Command AddCacheBuildCommand(CLI::App* cache);
// merge, prune, sign, keygen, extract: make files from files, without a device.
std::vector<Command> AddCacheFileCommands(CLI::App* cache);
// quarantine list, quarantine clear: what a driver is not asked for again.
std::vector<Command> AddCacheQuarantineCommands(CLI::App* cache);
// A user who ends the command while a driver compiles has not met a crash of the driver: handles the
// signals for that, unless the process ignores them.
void HandleInterrupts();
// import: reads upstream MACE's file.
Command AddCacheImportCommand(CLI::App* cache);

}  // namespace mace

#endif  // TOOLS_MACE_CACHE_COMMANDS_H_
