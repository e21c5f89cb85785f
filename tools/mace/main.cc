// The command `mace`. Exit codes: 0 success, 1 a comparison failed, 2 bad use, 3 bad model or
// input, 4 device error.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "mace/base/catch_exhaustion.h"
#include "mace/base/clock.h"
#include "mace/base/log.h"
#include "mace/base/memory_budget.h"
#include "mace/base/start_trace.h"
#include "mace/base/system_memory.h"
#include "mace/mace.h"
#include "tools/mace/cache_commands.h"
#include "tools/mace/commands.h"
#include "tools/mace/exit_code.h"
#include "tools/mace/json_output.h"
#include "tools/mace/messages.h"
#include "tools/mace/progress.h"
#include "tools/mace/streams.h"
#include "tools/mace/word_check.h"

namespace mace {
namespace {

// The bar of long work; none if the numbers are to be read from stdout by a program.
void ShowProgressOf(const Command& command) {
  const CLI::Option* const json = command.app->get_option_no_throw("--json");
  if (json != nullptr && json->count() > 0 && IsStdout(json->as<std::string>())) return;
  if (!TerminalTakesProgress()) return;
  const char* const no_color = std::getenv("NO_COLOR");
  ShowProgress(/*color=*/no_color == nullptr || *no_color == '\0');
}

// All tensors of the command count against the limit of --host-memory-limit or its default.
int RunWithinMemory(const Command& command) {
  const CLI::Option* const limit = command.app->get_option_no_throw("--host-memory-limit");
  const bool is_given = limit != nullptr && limit->count() > 0;
  const ScopedMemoryBudget scope(
      std::make_shared<MemoryBudget>(is_given ? limit->as<uint64_t>() : DefaultHostMemoryLimit()));
  return command.run();
}

// The subcommands that have no subcommands of their own and do not describe the others.
struct PlainCommand {
  std::string_view name;
  Command (*add)(CLI::App*);
};
constexpr PlainCommand kPlainCommands[] = {
    {"run", AddRunCommand},           {"compare", AddCompareCommand},
    {"profile", AddProfileCommand},   {"inspect", AddInspectCommand},
    {"validate", AddValidateCommand}, {"convert", AddConvertCommand},
    {"devices", AddDevicesCommand},   {"doctor", AddDoctorCommand}};

// Declares the subcommands on `app`. If the first word of the command line is the name of a plain
// one, the others are left out: declaring all options takes as long as reading a small model.
std::vector<Command> AddCommands(std::string_view first_word, CLI::App* app) {
  for (const PlainCommand& command : kPlainCommands) {
    if (command.name == first_word) return {command.add(app)};
  }
  std::vector<Command> commands;
  for (const PlainCommand& command : kPlainCommands) commands.push_back(command.add(app));
  for (Command& command : AddCacheCommands(app)) commands.push_back(std::move(command));
  for (Command& command : AddDocumentCommands(app)) commands.push_back(std::move(command));
  return commands;
}

int RunCommand(int argc, char** argv) {
  CLI::App app("mace: loads a model, plans it onto OpenCL, runs it, checks and measures it",
               "mace");
  app.require_subcommand(1);
  app.set_version_flag("--version", std::string("mace ") + Version());
  const std::vector<Command> commands = AddCommands(argc > 1 ? argv[1] : "", &app);
  const Status words =
      CheckWords(app, std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc));
  if (!words.ok()) return ReportBadUse(words.message());
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // Code 0 means --help or --version.
    if (error.get_exit_code() == 0) return app.exit(error);
    return ReportBadUse(std::string(error.what()) + " (mace --help says more)");
  }
  const Status values = CheckNoEmptyValues(app);
  if (!values.ok()) return ReportBadUse(values.message());
  for (const Command& command : commands) {
    if (!command.app->parsed()) continue;
    ShowProgressOf(command);
    return RunWithinMemory(command);
  }
  return ReportBadUse("no subcommand is given (mace --help says more)");
}

// A driver may call exit() during an OpenCL call: PoCL's compiler does if its files find no room on
// the disk. The exit code must still say that the command failed.
void ReportExitOfDriver() {
  if (ExitIsExpected()) return;
  StopProgress();
  std::fputs(FormatLogLine("the OpenCL driver ended the process").c_str(), stderr);
  _exit(kExitDeviceError);
}

}  // namespace
}  // namespace mace

int main(int argc, char** argv) {
  mace::RecordStartPart("process", mace::ProcessStartMilliseconds(), mace::MonotonicMilliseconds());
  std::atexit(mace::ReportExitOfDriver);
  mace::HandleInterrupts();
  mace::PrepareStreams();
  mace::HoldWarnings();
  const mace::StatusOr<int> code =
      mace::CatchExhaustion([&]() -> mace::StatusOr<int> { return mace::RunCommand(argc, argv); });
  const int exit_code = mace::FinishStdout(code.ok() ? *code : mace::Report(code.status()));
  if (exit_code == mace::kExitDone) mace::ReleaseWarnings();
  mace::ExpectExit();
  return exit_code;
}
