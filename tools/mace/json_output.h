// Where the numbers go: a JSON file or stdout, and then tables to stderr.
#ifndef TOOLS_MACE_JSON_OUTPUT_H_
#define TOOLS_MACE_JSON_OUTPUT_H_

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "mace/base/status.h"

namespace mace {

using Json = nlohmann::ordered_json;

// Whether an output's name means stdout: "-", or one of the system's names of it.
bool IsStdout(const std::string& name);

// The stream for tables: stderr where stdout is for JSON alone.
inline FILE* TableStream(const std::string& json) { return IsStdout(json) ? stderr : stdout; }

// As text: ASCII alone, so that no name in a file becomes a control character of a terminal or
// bytes that are no UTF-8. `indent` of -1 is one line.
std::string JsonText(const Json& value, int indent);

// Writes `text` to the file `path` (mace/base/output_file.h), to stdout where IsStdout; nothing for
// an empty name.
Status WriteOutputText(const std::string& path, const std::string& text);
// The same with `value` as text.
Status WriteJson(const std::string& json, const Json& value);

// A number that JSON can hold; null for NaN and infinities.
Json NumberOrNull(double value);
// Null where there is no text.
Json TextOrNull(const std::string& text);

}  // namespace mace

#endif  // TOOLS_MACE_JSON_OUTPUT_H_
