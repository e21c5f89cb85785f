#include "tools/mace/command_tree.h"

#include <CLI/CLI.hpp>
#include <sstream>
#include <utility>

namespace mace {
namespace {

// The words of "TEXT:{auto,image,buffer}", as CLI11 writes what IsMember takes.
std::vector<std::string> ChoicesOf(const std::string& type) {
  std::vector<std::string> choices;
  const size_t begin = type.find('{'), end = type.find('}');
  if (begin == std::string::npos || end == std::string::npos) return choices;
  std::istringstream words(type.substr(begin + 1, end - begin - 1));
  for (std::string word; std::getline(words, word, ',');) choices.push_back(word);
  return choices;
}

OptionDescription Describe(const CLI::Option& option) {
  OptionDescription description;
  description.is_positional = option.get_positional();
  if (description.is_positional) {
    description.names.push_back(option.get_name(true, false));
  } else {
    for (const std::string& name : option.get_snames()) description.names.push_back("-" + name);
    for (const std::string& name : option.get_lnames()) description.names.push_back("--" + name);
  }
  const std::string type = option.get_type_name();
  description.choices = ChoicesOf(type);
  if (option.get_items_expected_max() > 0) description.value = type.substr(0, type.find(':'));
  description.default_value = option.get_default_str();
  description.text = option.get_description();
  return description;
}

void AddCommands(const CLI::App& app, std::vector<std::string> words,
                 std::vector<CommandDescription>* commands) {
  words.push_back(app.get_name());
  CommandDescription description;
  description.words = words;
  description.text = app.get_description();
  for (const CLI::Option* option : app.get_options(EveryOption)) {
    description.options.push_back(Describe(*option));
  }
  const std::vector<const CLI::App*> subcommands = app.get_subcommands(EveryApp);
  for (const CLI::App* subcommand : subcommands) {
    description.subcommands.push_back(subcommand->get_name());
  }
  commands->push_back(std::move(description));
  for (const CLI::App* subcommand : subcommands) AddCommands(*subcommand, words, commands);
}

}  // namespace

std::vector<CommandDescription> DescribeCommands(const CLI::App& app) {
  std::vector<CommandDescription> commands;
  AddCommands(app, {}, &commands);
  return commands;
}

}  // namespace mace
