#include "tools/mace/json_output.h"

#include <cmath>

#include "mace/base/atomic_file.h"

namespace mace {

Status WriteJson(const std::string& json, const Json& value) {
  if (json.empty()) return Status::Ok();
  // Names in a model need not be UTF-8: what is not is replaced rather than thrown about.
  const std::string text = value.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  if (json == "-") {
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() ||
        std::fflush(stdout) != 0) {
      return IoError("stdout: the JSON could not be written");
    }
    return Status::Ok();
  }
  return WriteFileAtomic(json, Bytes(reinterpret_cast<const uint8_t*>(text.data()), text.size()));
}

Json NumberOrNull(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json TextOrNull(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

}  // namespace mace
