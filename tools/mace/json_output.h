// Writes JSON to a file or to stdout; tables then go to stderr.
#ifndef TOOLS_MACE_JSON_OUTPUT_H_
#define TOOLS_MACE_JSON_OUTPUT_H_

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "mace/base/status.h"

namespace mace {

using Json = nlohmann::ordered_json;

// Whether an output's name means stdout: "-", or one of the system's names for it.
bool IsStdout(const std::string& name);

// The stream for tables: stderr if stdout is used for JSON.
inline FILE* TableStream(const std::string& json) { return IsStdout(json) ? stderr : stdout; }

// `value` as ASCII text, so that a name in a file cannot become a control character on a terminal
// or invalid UTF-8. `indent` -1: one line.
std::string JsonText(const Json& value, int indent);

// Writes `text` to the file `path` (mace/base/output_file.h), or to stdout if IsStdout. An empty
// name writes nothing.
Status WriteOutputText(const std::string& path, const std::string& text);
// Writes `value` as text.
Status WriteJson(const std::string& json, const Json& value);

// `value`, or null for NaN and infinities, which JSON cannot hold.
Json NumberOrNull(double value);
// `text`, or null if it is empty.
Json TextOrNull(const std::string& text);

}  // namespace mace

#endif  // TOOLS_MACE_JSON_OUTPUT_H_
