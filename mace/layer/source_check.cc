#include "mace/layer/source_check.h"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <optional>
#include <vector>

namespace mace {
namespace {

bool StartsWithAny(std::string_view text, std::initializer_list<std::string_view> prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(), [&](std::string_view prefix) {
    return text.substr(0, prefix.size()) == prefix;
  });
}

// As the preprocessor sees it before it looks for directives: lines that end in a backslash (or its
// trigraph, with blanks behind it as compilers allow) are joined.
std::string JoinLines(std::string_view source) {
  std::string joined;
  joined.reserve(source.size());
  for (size_t i = 0; i < source.size(); ++i) {
    const bool trigraph = source.substr(i, 3) == "?\?/";
    if (source[i] == '\\' || trigraph) {
      size_t end = i + (trigraph ? 3 : 1);
      while (end < source.size() && source[end] != '\n' &&
             std::isspace(static_cast<unsigned char>(source[end]))) {
        ++end;
      }
      if (end < source.size() && source[end] == '\n') {
        i = end;
        continue;
      }
    }
    joined += source[i];
  }
  return joined;
}

// The text behind blanks and comments.
std::string_view SkipBlanks(std::string_view text) {
  while (!text.empty()) {
    if (text[0] != '\n' && std::isspace(static_cast<unsigned char>(text[0]))) {
      text.remove_prefix(1);
    } else if (text.substr(0, 2) == "/*") {
      const size_t end = text.find("*/", 2);
      if (end == std::string_view::npos) return {};
      text.remove_prefix(end + 2);
    } else {
      break;
    }
  }
  return text;
}

// Looks at every '#', in strings and comments too: simpler than to know which is a directive.
bool ReadsFiles(std::string_view source) {
  for (std::string_view mark : {"#", "%:", "?\?="}) {
    for (size_t at = source.find(mark); at != std::string_view::npos;
         at = source.find(mark, at + 1)) {
      const std::string_view word = SkipBlanks(source.substr(at + mark.size()));
      if (StartsWithAny(word, {"include", "import", "embed"})) return true;
    }
  }
  for (std::string_view word : {"__has_include", "__has_embed"}) {
    if (source.find(word) != std::string_view::npos) return true;
  }
  return false;
}

bool AsksForTime(std::string_view text) {
  for (std::string_view word : {"__DATE__", "__TIME__", "__TIMESTAMP__"}) {
    if (text.find(word) != std::string_view::npos) return true;
  }
  return false;
}

// Options by blanks, quotes kept together; nothing where a quote stays open.
std::optional<std::vector<std::string>> SplitOptions(std::string_view options) {
  std::vector<std::string> words;
  std::string word;
  char quote = 0;
  for (size_t i = 0; i < options.size(); ++i) {
    const char c = options[i];
    if (quote == 0 && std::isspace(static_cast<unsigned char>(c))) {
      if (!word.empty()) words.push_back(std::move(word));
      word.clear();
      continue;
    }
    if (c == '\\' && i + 1 < options.size()) {
      word += options[++i];
      continue;
    }
    if (quote != 0 ? c == quote : (c == '"' || c == '\'')) {
      quote = quote == 0 ? c : 0;
      continue;
    }
    word += c;
  }
  if (quote != 0) return std::nullopt;
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

// Options whose whole meaning stands in their text. -I counts as one: without an #include it has
// none.
bool IsSelfContained(std::string_view option) {
  if (StartsWithAny(option, {"-D", "-U", "-I", "-nv-", "-qcom-", "-O", "-fno-", "-ffast-math"})) {
    return option.find("plugin") == std::string_view::npos;
  }
  // -Wp, -Wa and -Wl pass on anything.
  if (StartsWithAny(option, {"-W"})) return option.find(',') == std::string_view::npos;
  if (StartsWithAny(option, {"-cl-"})) return option.find("save-temps") == std::string_view::npos;
  return option == "-w" || option == "-g";
}

std::string CheckOptions(std::string_view options) {
  const std::optional<std::vector<std::string>> words = SplitOptions(options);
  if (!words.has_value()) return "options with an open quote";
  for (size_t i = 0; i < words->size(); ++i) {
    const std::string& option = (*words)[i];
    if (!IsSelfContained(option)) return "option " + option;
    // Their argument may be a word of its own.
    if (option == "-D" || option == "-U" || option == "-I") ++i;
  }
  return "";
}

}  // namespace

std::string WhyNotCacheable(std::string_view source, std::string_view options) {
  std::string why = CheckOptions(options);
  if (!why.empty()) return why;
  const std::string joined = JoinLines(source);
  if (ReadsFiles(joined)) return "the source includes files";
  if (AsksForTime(joined) || AsksForTime(options)) return "the source asks for date or time";
  return "";
}

}  // namespace mace
