// The subcommands and options of the command as data, for what is written from them: completions of
// shells and the manual page.
#ifndef TOOLS_MACE_COMMAND_TREE_H_
#define TOOLS_MACE_COMMAND_TREE_H_

#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace mace {

struct OptionDescription {
  std::vector<std::string> names;  // "-h", "--help"; a positional argument has its name alone.
  bool is_positional = false;
  std::string value;                 // "TEXT", "FILE"; empty for a flag.
  std::vector<std::string> choices;  // Where the value is one of a few words.
  std::string default_value;         // Empty where the command has none to show.
  std::string text;
};

struct CommandDescription {
  std::vector<std::string> words;  // "mace", "cache", "build".
  std::string text;
  std::vector<OptionDescription> options;
  std::vector<std::string> subcommands;
};

// What CLI11 asks for each subcommand or option whether it shall be listed: all are.
inline bool EveryApp(const CLI::App* /*app*/) { return true; }
inline bool EveryOption(const CLI::Option* /*option*/) { return true; }

// The application first, then its subcommands, each followed by its own.
std::vector<CommandDescription> DescribeCommands(const CLI::App& app);

}  // namespace mace

#endif  // TOOLS_MACE_COMMAND_TREE_H_
