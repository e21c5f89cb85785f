#include "tools/mace/html_page.h"

namespace mace {
namespace {

// The JSON as the text of a <script> element, which it must not end.
std::string ScriptText(const Json& json) {
  std::string text;
  for (char c : JsonText(json, -1)) {
    if (c == '<') {
      text += "\\u003c";
    } else {
      text += c;
    }
  }
  return text;
}

}  // namespace

std::string PageWithData(std::string page, const Json& data) {
  const std::string place = "@DATA@";
  return page.replace(page.find(place), place.size(), ScriptText(data));
}

}  // namespace mace
