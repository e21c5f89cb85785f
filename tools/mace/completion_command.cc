// `mace completion SHELL` and `mace manual`: what an installation writes beside the command.
#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "mace/mace.h"
#include "tools/mace/command_tree.h"
#include "tools/mace/commands.h"
#include "tools/mace/exit_code.h"
#include "tools/mace/manual_page.h"
#include "tools/mace/shell_completion.h"
#include "tools/mace/streams.h"

namespace mace {
namespace {

int PrintCompletion(const CLI::App& app, const std::string& shell) {
  const std::vector<CommandDescription> commands = DescribeCommands(app);
  const std::string script = shell == "bash"  ? BashCompletion(commands)
                             : shell == "zsh" ? ZshCompletion(commands)
                                              : FishCompletion(commands);
  PrintLines(stdout, script);
  return kExitDone;
}

int PrintManual(const CLI::App& app) {
  PrintLines(stdout, ManualPage(DescribeCommands(app), std::string("mace ") + Version()));
  return kExitDone;
}

}  // namespace

std::vector<Command> AddDocumentCommands(CLI::App* app) {
  CLI::App* completion = app->add_subcommand(
      "completion", "print a script that completes the words of this command in a shell");
  auto shell = std::make_shared<std::string>();
  completion->add_option("shell", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  CLI::App* manual =
      app->add_subcommand("manual", "print the manual page, for man -l or an installation");
  return {{completion, [app, shell] { return PrintCompletion(*app, *shell); }},
          {manual, [app] { return PrintManual(*app); }}};
}

}  // namespace mace
