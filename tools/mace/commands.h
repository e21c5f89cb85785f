// The subcommands. Each declares its options on the application, and gives the exit code if it was
// called.
#ifndef TOOLS_MACE_COMMANDS_H_
#define TOOLS_MACE_COMMANDS_H_

#include <functional>
#include <vector>

namespace CLI {
class App;
}  // namespace CLI

namespace mace {

struct Command {
  CLI::App* app = nullptr;
  std::function<int()> run;
};

Command AddRunCommand(CLI::App* app);
Command AddCompareCommand(CLI::App* app);
Command AddProfileCommand(CLI::App* app);
Command AddInspectCommand(CLI::App* app);
Command AddConvertCommand(CLI::App* app);
Command AddValidateCommand(CLI::App* app);
Command AddDevicesCommand(CLI::App* app);
Command AddDoctorCommand(CLI::App* app);
std::vector<Command> AddCacheCommands(CLI::App* app);
// `completion` and `manual`, which describe the application as it is when they run.
std::vector<Command> AddDocumentCommands(CLI::App* app);

}  // namespace mace

#endif  // TOOLS_MACE_COMMANDS_H_
