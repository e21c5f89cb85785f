// Where the numbers go: a JSON file or stdout, and then tables to stderr.
#ifndef TOOLS_MACE_JSON_OUTPUT_H_
#define TOOLS_MACE_JSON_OUTPUT_H_

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "mace/base/status.h"

namespace mace {

using Json = nlohmann::ordered_json;

// The stream for tables: stderr where stdout is for JSON alone.
inline FILE* TableStream(const std::string& json) { return json == "-" ? stderr : stdout; }

// Writes `value` to the file `json`, to stdout for "-"; nothing for an empty name.
Status WriteJson(const std::string& json, const Json& value);

// A number that JSON can hold; null for NaN and infinities.
Json NumberOrNull(double value);
// Null where there is no text.
Json TextOrNull(const std::string& text);

}  // namespace mace

#endif  // TOOLS_MACE_JSON_OUTPUT_H_
