#include "tools/mace/shell_completion.h"

#include "mace/base/strings.h"

namespace mace {
namespace {

std::vector<std::string> OptionNames(const CommandDescription& command) {
  std::vector<std::string> names;
  for (const OptionDescription& option : command.options) {
    if (option.is_positional) continue;
    names.insert(names.end(), option.names.begin(), option.names.end());
  }
  return names;
}

// A word in single quotes, as every shell reads it.
std::string Quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

// The function that Bash calls: `path` is the command as far as it is typed, in single blanks.
std::string BashFunction(const std::vector<CommandDescription>& commands) {
  std::string words, values;
  for (const CommandDescription& command : commands) {
    const std::string path = Join(command.words, " ");
    words += "    " + Quoted(path) + ") words=" +
             Quoted(Join(command.subcommands, " ") + " " + Join(OptionNames(command), " ")) +
             " ;;\n";
    for (const OptionDescription& option : command.options) {
      if (option.choices.empty()) continue;
      std::vector<std::string> patterns;
      for (const std::string& name : option.names) patterns.push_back(Quoted(path + " " + name));
      values += "    " + Join(patterns, "|") + ") words=" + Quoted(Join(option.choices, " ")) +
                "; options= ;;\n";
    }
  }
  std::vector<std::string> paths;
  for (const CommandDescription& command : commands) {
    paths.push_back(Quoted(Join(command.words, " ")));
  }
  return "_mace() {\n"
         "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n"
         "  local path=mace word words= options=yes\n"
         "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
         "    case \"$path $word\" in\n    " +
         Join(paths, "|") +
         ") path=\"$path $word\" ;;\n"
         "    esac\n"
         "  done\n"
         "  case $path in\n" +
         words +
         "  esac\n"
         "  case \"$path $previous\" in\n" +
         values +
         "  esac\n"
         "  # Options are offered once a dash is typed; else files are, where there is no "
         "subcommand.\n"
         "  if [[ -n $options && $current != -* ]]; then\n"
         "    words=$(printf '%s\\n' $words | command grep -v '^-')\n"
         "  fi\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
         "}\n";
}

}  // namespace

std::string BashCompletion(const std::vector<CommandDescription>& commands) {
  return "# Completes the words of mace in Bash; mace completion bash writes this script.\n" +
         BashFunction(commands) + "complete -o default -F _mace mace\n";
}

std::string ZshCompletion(const std::vector<CommandDescription>& commands) {
  return "#compdef mace\n"
         "# Completes the words of mace in Zsh; mace completion zsh writes this script.\n"
         "autoload -U +X bashcompinit && bashcompinit\n" +
         BashFunction(commands) + "complete -o default -F _mace mace\n";
}

std::string FishCompletion(const std::vector<CommandDescription>& commands) {
  std::string script =
      "# Completes the words of mace in Fish; mace completion fish writes this script.\n";
  for (const CommandDescription& command : commands) {
    std::string condition;
    for (size_t i = 1; i < command.words.size(); ++i) {
      condition += (i > 1 ? "; and " : "") + ("__fish_seen_subcommand_from " + command.words[i]);
    }
    const std::string names = Join(command.subcommands, " ");
    const std::string inside = condition.empty() ? "" : condition + "; and ";
    for (const CommandDescription& sub : commands) {
      const bool is_below =
          sub.words.size() == command.words.size() + 1 &&
          std::vector<std::string>(sub.words.begin(), sub.words.end() - 1) == command.words;
      if (!is_below) continue;
      script += "complete -c mace -f -n " +
                Quoted(inside + "not __fish_seen_subcommand_from " + names) + " -a " +
                Quoted(sub.words.back()) + " -d " + Quoted(sub.text) + "\n";
    }
    for (const OptionDescription& option : command.options) {
      if (option.is_positional) continue;
      script += "complete -c mace";
      if (!condition.empty()) script += " -n " + Quoted(condition);
      for (const std::string& name : option.names) {
        script += StartsWith(name, "--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      }
      if (!option.choices.empty()) script += " -x -a " + Quoted(Join(option.choices, " "));
      if (!option.value.empty() && option.choices.empty()) script += " -r";
      script += " -d " + Quoted(option.text) + "\n";
    }
  }
  return script;
}

}  // namespace mace
