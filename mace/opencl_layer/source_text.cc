#include "mace/opencl_layer/source_text.h"

#include <algorithm>
#include <cctype>

#include "mace/base/strings.h"

namespace mace {
namespace {

// The text after leading blanks and comments.
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

// Reads <name> or "name"; false for anything else, for example a macro.
bool ReadName(std::string_view text, std::string* name) {
  if (text.empty() || (text[0] != '<' && text[0] != '"')) return false;
  const char last = text[0] == '<' ? '>' : '"';
  const size_t end = text.find(last, 1);
  if (end == std::string_view::npos || end == 1) return false;
  *name = std::string(text.substr(1, end - 1));
  return name->find('\n') == std::string::npos;
}

}  // namespace

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

// Looks at every '#', even in strings and comments, which is simpler than finding the directives.
std::string FindIncludes(std::string_view joined, std::vector<std::string>* names) {
  for (std::string_view mark : {"#", "%:", "?\?="}) {
    for (size_t at = joined.find(mark); at != std::string_view::npos;
         at = joined.find(mark, at + 1)) {
      const std::string_view word = SkipBlanks(joined.substr(at + mark.size()));
      if (StartsWith(word, "import") || StartsWith(word, "embed")) {
        return "the source reads files by #import or #embed";
      }
      if (!StartsWith(word, "include")) continue;
      std::string name;
      const std::string_view rest = SkipBlanks(word.substr(std::string_view("include").size()));
      if (!ReadName(rest, &name)) return "an #include of something other than a plain name";
      names->push_back(std::move(name));
    }
  }
  for (std::string_view word : {"__has_include", "__has_embed"}) {
    if (joined.find(word) != std::string_view::npos) return "the source asks for files";
  }
  return "";
}

bool AsksForTime(std::string_view text) {
  for (std::string_view word : {"__DATE__", "__TIME__", "__TIMESTAMP__"}) {
    if (text.find(word) != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace mace
