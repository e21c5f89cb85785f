// The command `mace`. Exit codes: 0 done, 1 a comparison failed, 2 bad use, 3 bad model or input, 4
// device error.
#include <CLI/CLI.hpp>

#include "mace/base/clock.h"
#include "mace/base/start_trace.h"
#include "tools/mace/commands.h"
#include "tools/mace/exit_code.h"

int main(int argc, char** argv) {
  mace::RecordStartPart("process", mace::ProcessStartMilliseconds(), mace::MonotonicMilliseconds());
  CLI::App app("mace: loads a model, plans it onto OpenCL, runs it, checks and measures it",
               "mace");
  app.require_subcommand(1);
  std::vector<mace::Command> commands = {
      mace::AddRunCommand(&app),     mace::AddCompareCommand(&app),  mace::AddProfileCommand(&app),
      mace::AddInspectCommand(&app), mace::AddValidateCommand(&app), mace::AddConvertCommand(&app),
      mace::AddDevicesCommand(&app)};
  for (mace::Command& command : mace::AddCacheCommands(&app))
    commands.push_back(std::move(command));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // Code 0 is --help.
    if (error.get_exit_code() == 0) return app.exit(error);
    return mace::ReportBadUse(std::string(error.what()) + " (mace --help says more)");
  }
  for (const mace::Command& command : commands) {
    if (command.app->parsed()) return command.run();
  }
  return mace::ReportBadUse("no subcommand is given (mace --help says more)");
}
