#include "tools/mace/json_output.h"

#include <cerrno>
#include <cmath>
#include <system_error>

#include "mace/base/coding.h"
#include "mace/base/output_file.h"

namespace mace {

bool IsStdout(const std::string& name) {
  return name == "-" || name == "/dev/stdout" || name == "/dev/fd/1" || name == "/proc/self/fd/1";
}

std::string JsonText(const Json& value, int indent) {
  // Names in a model may be invalid UTF-8, which is replaced; the default would throw an exception.
  return value.dump(indent, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace);
}

Status WriteOutputText(const std::string& path, const std::string& text) {
  if (path.empty()) return Status::Ok();
  if (!IsStdout(path)) return WriteOutputFile(path, AsBytes(text));
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    return IoError("standard output: " + std::generic_category().message(errno));
  }
  return Status::Ok();
}

Status WriteJson(const std::string& json, const Json& value) {
  return json.empty() ? Status::Ok() : WriteOutputText(json, JsonText(value, 2) + "\n");
}

Json NumberOrNull(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json TextOrNull(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

}  // namespace mace
