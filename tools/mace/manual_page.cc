#include "tools/mace/manual_page.h"

#include "mace/base/strings.h"

namespace mace {
namespace {

// Text of which troff takes no letter for a request or an escape.
std::string Escaped(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\\') {
      escaped += "\\e";
    } else if (c == '-') {
      escaped += "\\-";
    } else {
      escaped += c;
    }
  }
  const bool is_request = StartsWith(escaped, ".") || StartsWith(escaped, "'");
  return is_request ? "\\&" + escaped : escaped;
}

std::string ValueOf(const OptionDescription& option) {
  return option.choices.empty() ? option.value : Join(option.choices, "|");
}

// ".TP", the option's names and value, and below what it is for.
std::string OptionParagraph(const OptionDescription& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.names) names.push_back("\\fB" + Escaped(name) + "\\fR");
  std::string paragraph = ".TP\n" + Join(names, ", ");
  const std::string value = ValueOf(option);
  if (!value.empty() && !option.is_positional) paragraph += " \\fI" + Escaped(value) + "\\fR";
  paragraph += "\n" + Escaped(option.text);
  const bool shows_default = !option.default_value.empty() && option.default_value != "\"\"";
  if (shows_default) paragraph += " (default: " + Escaped(option.default_value) + ")";
  return paragraph + "\n";
}

// "mace run [options] model".
std::string Synopsis(const CommandDescription& command) {
  std::string line = "\\fB" + Escaped(Join(command.words, " ")) + "\\fR [\\fIoptions\\fR]";
  for (const OptionDescription& option : command.options) {
    if (option.is_positional) line += " \\fI" + Escaped(option.names[0]) + "\\fR";
  }
  return line;
}

std::string CommandSection(const CommandDescription& command) {
  std::string section = ".SS \"" + Escaped(Join(command.words, " ")) + "\"\n" + Synopsis(command) +
                        "\n.PP\n" + Escaped(command.text) + "\n";
  for (const OptionDescription& option : command.options) section += OptionParagraph(option);
  return section;
}

constexpr char kEnd[] =
    ".SH EXIT STATUS\n"
    "0: done; 1: a comparison failed; 2: bad use; 3: bad model or input; 4: device error.\n"
    ".SH ENVIRONMENT\n"
    ".TP\n\\fBMACE_LOG\\fR\n"
    "The least level of the messages on stderr: error, warning, info or debug.\n"
    ".TP\n\\fBMACE_REQUIRE_CACHE\\fR\n"
    "With 1 a kernel that the cache file does not hold is an error.\n";

}  // namespace

std::string ManualPage(const std::vector<CommandDescription>& commands,
                       const std::string& version) {
  const CommandDescription& app = commands.front();
  std::string page = ".TH MACE 1 \"\" \"" + Escaped(version) + "\" \"User Commands\"\n" +
                     ".SH NAME\nmace \\- inference with neural networks on OpenCL\n" +
                     ".SH SYNOPSIS\n\\fBmace\\fR \\fIsubcommand\\fR [\\fIoptions\\fR]\n" +
                     ".SH DESCRIPTION\n" + Escaped(app.text) + "\n.SH OPTIONS\n";
  for (const OptionDescription& option : app.options) page += OptionParagraph(option);
  page += ".SH SUBCOMMANDS\n";
  for (const CommandDescription& command : commands) {
    if (command.words.size() > 1 && command.subcommands.empty()) page += CommandSection(command);
  }
  return page + kEnd;
}

}  // namespace mace
