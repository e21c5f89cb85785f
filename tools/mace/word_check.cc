#include "tools/mace/word_check.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <utility>

#include "mace/base/strings.h"
#include "tools/mace/command_tree.h"

namespace mace {
namespace {

// The number of letters that are added, left out, changed, or exchanged with their neighbour.
size_t EditDistance(const std::string& a, const std::string& b) {
  std::vector<std::vector<size_t>> cost(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t changed = cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, changed});
      const bool exchanged = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (exchanged) cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  }
  return cost[a.size()][b.size()];
}

std::vector<std::string> SubcommandsOf(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands(EveryApp))
    names.push_back(command->get_name());
  return names;
}

const CLI::App* FindSubcommand(const CLI::App& app, const std::string& name) {
  for (const CLI::App* command : app.get_subcommands(EveryApp)) {
    if (command->get_name() == name) return command;
  }
  return nullptr;
}

std::string DidYouMean(const std::string& nearest) {
  return nearest.empty() ? "" : ": did you mean " + nearest + "?";
}

// `path`: "mace" or "mace cache", for the message.
Status UnknownSubcommand(const CLI::App& app, const std::string& path, const std::string& word) {
  const std::vector<std::string> names = SubcommandsOf(app);
  return InvalidArgument("unknown subcommand '" + Printable(word) + "' of " + path +
                         DidYouMean(NearestWord(word, names)) +
                         " (the subcommands are: " + Join(names, ", ") + ")");
}

Status CheckOption(const CLI::App& command, const std::string& path, const std::string& word) {
  const std::string option = word.substr(0, word.find('='));
  std::vector<std::string> known;
  for (const CLI::Option* each : command.get_options(EveryOption)) {
    for (const std::string& name : each->get_lnames()) known.push_back("--" + name);
  }
  if (std::find(known.begin(), known.end(), option) != known.end()) return Status::Ok();
  return InvalidArgument("unknown option '" + Printable(option) + "' of " + path +
                         DidYouMean(NearestWord(option, known)) + " (" + path +
                         " --help lists them)");
}

}  // namespace

std::string NearestWord(const std::string& word, const std::vector<std::string>& known) {
  constexpr size_t kLongestWord = 64;  // No option of the command is so long.
  if (word.size() > kLongestWord) return "";
  std::string nearest;
  size_t least = word.size() / 3 + 1;  // One letter in three may be wrong.
  for (const std::string& candidate : known) {
    const size_t distance = EditDistance(word, candidate);
    if (distance > least || distance >= candidate.size()) continue;
    if (distance == least && !nearest.empty()) continue;
    least = distance;
    nearest = candidate;
  }
  return nearest;
}

Status CheckWords(const CLI::App& app, const std::vector<std::string>& words) {
  const CLI::App* command = &app;
  std::string path = app.get_name();
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "--") return Status::Ok();  // The words after it are arguments.
    if (StartsWith(word, "--")) {
      MACE_RETURN_IF_ERROR(CheckOption(*command, path, word));
      continue;
    }
    if (StartsWith(word, "-") || command->get_subcommands(EveryApp).empty()) continue;
    const CLI::App* next = FindSubcommand(*command, word);
    if (next == nullptr) return UnknownSubcommand(*command, path, word);
    command = next;
    path += " " + word;
  }
  return Status::Ok();
}

Status CheckNoEmptyValues(const CLI::App& app) {
  for (const CLI::Option* option : app.get_options(EveryOption)) {
    for (const std::string& value : option->results()) {
      // The empty text is a part of every name.
      if (!value.empty() || option->get_name() == "--filter") continue;
      return InvalidArgument(option->get_name() + ": expected a value, found an empty text");
    }
  }
  for (const CLI::App* command : app.get_subcommands(EveryApp)) {
    MACE_RETURN_IF_ERROR(CheckNoEmptyValues(*command));
  }
  return Status::Ok();
}

}  // namespace mace
