// The few string helpers that <string> lacks. Thread contract: thread-safe.
#ifndef MACE_BASE_STRINGS_H_
#define MACE_BASE_STRINGS_H_

#include <string>
#include <string_view>
#include <vector>

namespace mace {

// The parts with `separator` between them.
std::string Join(const std::vector<std::string>& parts, std::string_view separator);
// Numbers, as in a shape: "1x224x224x3" of {1, 224, 224, 3} and "x".
template <typename Number>
std::string JoinNumbers(const std::vector<Number>& numbers, std::string_view separator) {
  std::vector<std::string> parts;
  parts.reserve(numbers.size());
  for (Number number : numbers) parts.push_back(std::to_string(number));
  return Join(parts, separator);
}

bool StartsWith(std::string_view text, std::string_view prefix);
bool EndsWith(std::string_view text, std::string_view suffix);
bool Contains(std::string_view text, std::string_view part);
// The letters of ASCII in lower case, all else as it is.
std::string LowerCase(std::string text);
// The parts between separators; one empty part for an empty text.
std::vector<std::string> Split(std::string_view text, char separator);

// Names out of files, fit for one line of a message: control characters are escaped
// (mace/base/printable.h), what is longer than `limit` bytes is cut.
std::string Printable(std::string_view text, size_t limit = 200);

}  // namespace mace

#endif  // MACE_BASE_STRINGS_H_
