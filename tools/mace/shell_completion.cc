#include "tools/mace/shell_completion.h"

#include "mace/base/strings.h"

namespace mace {
namespace {

// A word in single quotes, as Bash, Zsh and Fish read it.
std::string Quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string PathOf(const CommandDescription& command) { return Join(command.words, " "); }

// "'mace run --memory'|'mace run -m'": the option behind its command, as a pattern of a case.
std::string OptionPattern(const CommandDescription& command, const OptionDescription& option) {
  std::vector<std::string> patterns;
  for (const std::string& name : option.names) {
    patterns.push_back(Quoted(PathOf(command) + " " + name));
  }
  return Join(patterns, "|");
}

// Subcommands, and the words of an argument that takes one of a few.
std::vector<std::string> PlainWords(const CommandDescription& command) {
  std::vector<std::string> words = command.subcommands;
  for (const OptionDescription& option : command.options) {
    if (!option.is_positional) continue;
    words.insert(words.end(), option.choices.begin(), option.choices.end());
  }
  return words;
}

std::vector<std::string> OptionNames(const CommandDescription& command) {
  std::vector<std::string> names;
  for (const OptionDescription& option : command.options) {
    if (option.is_positional) continue;
    names.insert(names.end(), option.names.begin(), option.names.end());
  }
  return names;
}

// Lines of Bash and Zsh: `path_so_far` becomes the command as far as it is typed. `words` is
// the list of the words behind the program's name.
std::string FindPath(const std::vector<CommandDescription>& commands, const std::string& words) {
  std::vector<std::string> paths;
  for (const CommandDescription& command : commands) {
    if (command.words.size() > 1) paths.push_back(Quoted(PathOf(command)));
  }
  return "  local path_so_far=mace word\n"
         "  for word in \"" +
         words +
         "\"; do\n"
         "    case \"$path_so_far $word\" in\n"
         "      " +
         Join(paths, "|") +
         ") path_so_far=\"$path_so_far $word\" ;;\n"
         "    esac\n"
         "  done\n";
}

std::string BashChoices(const std::vector<CommandDescription>& commands) {
  std::string cases;
  for (const CommandDescription& command : commands) {
    for (const OptionDescription& option : command.options) {
      if (option.is_positional || option.choices.empty()) continue;
      cases += "    " + OptionPattern(command, option) +
               ") words=" + Quoted(Join(option.choices, " ")) + " ;;\n";
    }
  }
  return cases;
}

std::string BashWords(const std::vector<CommandDescription>& commands) {
  std::string cases;
  for (const CommandDescription& command : commands) {
    cases += "      " + Quoted(PathOf(command)) +
             ") plain=" + Quoted(Join(PlainWords(command), " ")) +
             " options=" + Quoted(Join(OptionNames(command), " ")) + " ;;\n";
  }
  return cases;
}

// "'run:run a model on a device'", an entry of Zsh's _describe.
std::string ZshEntry(const std::string& name, const std::string& text) {
  std::string escaped;
  for (const char c : name) escaped += c == ':' ? std::string("\\:") : std::string(1, c);
  return Quoted(escaped + ":" + text);
}

// What a command is for; empty where there is none of the name.
std::string TextOfSubcommand(const std::vector<CommandDescription>& commands,
                             const CommandDescription& command, const std::string& name) {
  for (const CommandDescription& other : commands) {
    if (PathOf(other) == PathOf(command) + " " + name) return other.text;
  }
  return "";
}

std::string ZshWords(const std::vector<CommandDescription>& commands) {
  std::string cases;
  for (const CommandDescription& command : commands) {
    std::vector<std::string> plain, options;
    for (const std::string& word : PlainWords(command)) {
      plain.push_back(ZshEntry(word, TextOfSubcommand(commands, command, word)));
    }
    for (const OptionDescription& option : command.options) {
      if (option.is_positional) continue;
      for (const std::string& name : option.names) options.push_back(ZshEntry(name, option.text));
    }
    cases += "    " + Quoted(PathOf(command)) + ")\n      plain=(" + Join(plain, " ") +
             ")\n      options=(" + Join(options, " ") + ") ;;\n";
  }
  return cases;
}

// The value of an option: one of a few words, or a file.
std::string ZshValues(const std::vector<CommandDescription>& commands) {
  std::string cases;
  for (const CommandDescription& command : commands) {
    for (const OptionDescription& option : command.options) {
      if (option.is_positional || option.value.empty()) continue;
      const std::string action =
          option.choices.empty() ? "_files" : "compadd -- " + Join(option.choices, " ");
      cases += "    " + OptionPattern(command, option) + ") " + action + "; return ;;\n";
    }
  }
  return cases;
}

// A condition of Fish: the words of the command are typed, and no subcommand is.
std::string FishCondition(const CommandDescription& command) {
  std::vector<std::string> parts;
  for (size_t i = 1; i < command.words.size(); ++i) {
    parts.push_back("__fish_seen_subcommand_from " + command.words[i]);
  }
  if (!command.subcommands.empty()) {
    parts.push_back("not __fish_seen_subcommand_from " + Join(command.subcommands, " "));
  }
  return Quoted(Join(parts, "; and "));
}

std::string FishOption(const OptionDescription& option, const std::string& condition) {
  std::string line = "complete -c mace -n " + condition;
  for (const std::string& name : option.names) {
    line += StartsWith(name, "--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  }
  if (!option.choices.empty()) {
    line += " -x -a " + Quoted(Join(option.choices, " "));
  } else if (!option.value.empty()) {
    line += " -r";
  }
  return line + " -d " + Quoted(option.text) + "\n";
}

}  // namespace

std::string BashCompletion(const std::vector<CommandDescription>& commands) {
  return "# Completes the words of mace in Bash; `mace completion bash` writes this script.\n"
         "_mace() {\n"
         "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n"
         "  # Bash takes the sign of --option=value for a word of its own.\n"
         "  if [[ $current == '=' ]]; then\n"
         "    current=\n"
         "  elif [[ $previous == '=' ]]; then\n"
         "    previous=${COMP_WORDS[COMP_CWORD-2]}\n"
         "  fi\n" +
         FindPath(commands, "${COMP_WORDS[@]:1:COMP_CWORD-1}") +
         "  local words= plain= options=\n"
         "  case \"$path_so_far $previous\" in\n" +
         BashChoices(commands) +
         "  esac\n"
         "  if [[ -z $words ]]; then\n"
         "    case $path_so_far in\n" +
         BashWords(commands) +
         "    esac\n"
         "    words=$plain\n"
         "    [[ $current != -* ]] || words=$options\n"
         "  fi\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
         "}\n"
         "# Where there is no word to offer, files are.\n"
         "complete -o default -F _mace mace\n";
}

std::string ZshCompletion(const std::vector<CommandDescription>& commands) {
  return "#compdef mace\n"
         "# Completes the words of mace in Zsh; `mace completion zsh` writes this script.\n"
         "_mace() {\n" +
         FindPath(commands, "${(@)words[2,CURRENT-1]}") +
         "  case \"$path_so_far ${words[CURRENT-1]}\" in\n" + ZshValues(commands) +
         "  esac\n"
         "  local -a plain options\n"
         "  case $path_so_far in\n" +
         ZshWords(commands) +
         "  esac\n"
         "  if [[ ${words[CURRENT]} == -* ]]; then\n"
         "    _describe -o option options\n"
         "  elif (( ${#plain} )); then\n"
         "    _describe word plain\n"
         "  else\n"
         "    _files\n"
         "  fi\n"
         "}\n"
         "_mace \"$@\"\n";
}

std::string FishCompletion(const std::vector<CommandDescription>& commands) {
  std::string script =
      "# Completes the words of mace in Fish; `mace completion fish` writes this script.\n";
  for (const CommandDescription& command : commands) {
    const std::string condition = FishCondition(command);
    for (const std::string& word : PlainWords(command)) {
      const std::string text = TextOfSubcommand(commands, command, word);
      script += "complete -c mace -f -n " + condition + " -a " + Quoted(word);
      script += text.empty() ? "\n" : " -d " + Quoted(text) + "\n";
    }
    for (const OptionDescription& option : command.options) {
      if (!option.is_positional) script += FishOption(option, condition);
    }
  }
  return script;
}

}  // namespace mace
