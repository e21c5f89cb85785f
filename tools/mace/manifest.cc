#include "tools/mace/manifest.h"

#include <cstdlib>

#include "mace/base/files.h"
#include "mace/base/strings.h"
#include "tools/mace/json_output.h"

namespace mace {
namespace {

constexpr size_t kLargestManifest = size_t{64} << 20;

Status Wrong(const std::string& member, const std::string& expected) {
  return Corruption(member + ": expected " + expected);
}

StatusOr<std::string> Text(const Json& entry, const char* member) {
  if (!entry.is_object() || !entry.contains(member) || !entry[member].is_string()) {
    return Wrong(member, "a text");
  }
  return entry[member].get<std::string>();
}

// Reads {NAME: {file: PATH}}.
StatusOr<std::map<std::string, std::string>> Files(const Json& set, const char* member,
                                                   const std::string& folder) {
  std::map<std::string, std::string> files;
  if (!set.is_object() || !set.contains(member) || !set[member].is_object()) {
    return Wrong(member, "an object of tensors by name");
  }
  for (const auto& [name, tensor] : set[member].items()) {
    StatusOr<std::string> file = Text(tensor, "file");
    if (!file.ok()) return file.status().WithPrefix(std::string(member) + ": " + Printable(name));
    files[name] = JoinPath(folder, *file);
  }
  return files;
}

// Reads a number, or a sentence with "cosine >= NUMBER".
Status SetLimit(const Json& entry, ManifestCase* parsed) {
  constexpr std::string_view kCosine = "cosine >= ";
  if (entry.contains("max_abs_err") && entry["max_abs_err"].is_number()) {
    parsed->max_abs_error = entry["max_abs_err"].get<double>();
    return Status();
  }
  StatusOr<std::string> sentence = Text(entry, "max_abs_err");
  const size_t at = sentence.ok() ? sentence->find(kCosine) : std::string::npos;
  if (at == std::string::npos) {
    return Wrong("max_abs_err", "a number, or a sentence with 'cosine >= NUMBER'");
  }
  parsed->min_cosine = std::strtod(sentence->c_str() + at + kCosine.size(), nullptr);
  return Status();
}

StatusOr<ManifestCase> ParseCase(const Json& entry, const std::string& folder) {
  ManifestCase parsed;
  MACE_ASSIGN_OR_RETURN(parsed.name, Text(entry, "name"));
  MACE_ASSIGN_OR_RETURN(parsed.format, Text(entry, "format"));
  const auto fail = [&](const Status& status) {
    return status.WithPrefix("case '" + Printable(parsed.name) + "'");
  };
  if (!entry.contains("model") || !entry["model"].is_array() || entry["model"].empty()) {
    return fail(Wrong("model", "a list of files"));
  }
  for (const Json& file : entry["model"]) {
    if (!file.is_string()) return fail(Wrong("model", "a list of files"));
    const std::string path = JoinPath(folder, file.get<std::string>());
    (parsed.model.empty() ? parsed.model : parsed.data) = path;
  }
  if (!entry.contains("sets") || !entry["sets"].is_array() || entry["sets"].empty()) {
    return fail(Wrong("sets", "a list of inputs and outputs"));
  }
  for (const Json& set : entry["sets"]) {
    ManifestSet files;
    StatusOr<std::map<std::string, std::string>> inputs = Files(set, "inputs", folder);
    if (!inputs.ok()) return fail(inputs.status());
    StatusOr<std::map<std::string, std::string>> outputs = Files(set, "outputs", folder);
    if (!outputs.ok()) return fail(outputs.status());
    parsed.sets.push_back({*std::move(inputs), *std::move(outputs)});
  }
  const Status limit = SetLimit(entry, &parsed);
  if (!limit.ok()) return fail(limit);
  return parsed;
}

}  // namespace

StatusOr<std::vector<ManifestCase>> ReadManifest(const std::string& folder) {
  const std::string path = JoinPath(folder, "manifest.json");
  MACE_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kLargestManifest));
  const Json manifest = Json::parse(text, nullptr, false);
  if (!manifest.is_array()) return Corruption(path + ": expected a JSON list of cases");
  std::vector<ManifestCase> cases;
  for (size_t i = 0; i < manifest.size(); ++i) {
    StatusOr<ManifestCase> parsed = ParseCase(manifest[i], folder);
    if (!parsed.ok()) {
      return parsed.status().WithPrefix(path + ": entry " + std::to_string(i));
    }
    cases.push_back(*std::move(parsed));
  }
  return cases;
}

}  // namespace mace
