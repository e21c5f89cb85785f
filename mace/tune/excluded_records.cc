#include "mace/tune/excluded_records.h"

#include <map>
#include <optional>
#include <utility>

#include "mace/base/strings.h"
#include "mace/plan/signature.h"

namespace mace {
namespace {

using ReasonsByKind = std::map<std::string, std::string>;

// A record holds a line for each kind, with its reason after a tab.
ReasonsByKind ParseReasons(const std::string& text) {
  ReasonsByKind reasons;
  for (const std::string& line : Split(text, '\n')) {
    const size_t tab = line.find('\t');
    if (tab == std::string::npos || tab == 0) continue;
    reasons[line.substr(0, tab)] = line.substr(tab + 1);
  }
  return reasons;
}

std::string ReasonsText(const ReasonsByKind& reasons) {
  std::string text;
  for (const auto& [kind, reason] : reasons) text += kind + "\t" + reason + "\n";
  return text;
}

ReasonsByKind FindReasons(const TuningRecords& records) {
  const std::optional<std::string> text = records.Find(ExclusionsKey());
  return text.has_value() ? ParseReasons(*text) : ReasonsByKind();
}

bool IsField(const std::string& text) { return text.find_first_of("\t\r\n") == std::string::npos; }

}  // namespace

std::string ExclusionsKey() { return "excluded variants " + KernelTextHash(); }

std::vector<Exclusion> FindExclusions(const TuningRecords& records) {
  std::vector<Exclusion> exclusions;
  for (auto& [kind, reason] : FindReasons(records)) exclusions.push_back({kind, reason});
  return exclusions;
}

ExcludedVariants FindExcludedVariants(const TuningRecords& records) {
  ExcludedVariants excluded;
  for (const auto& [kind, reason] : FindReasons(records)) excluded.Add(kind);
  return excluded;
}

Status AddExclusion(const Exclusion& exclusion, const TuningRecords& records) {
  if (exclusion.kind.empty() || !IsField(exclusion.kind) || !IsField(exclusion.reason)) {
    return InvalidArgument(
        "excluded variant: expected a kind and a reason of one line each, found \"" +
        Printable(exclusion.kind) + "\" and \"" + Printable(exclusion.reason) + "\"");
  }
  if (records.store() == nullptr) return Status();
  ReasonsByKind reasons = FindReasons(records);
  reasons[exclusion.kind] = exclusion.reason;
  return records.store()->AddTuning(records.device(), ExclusionsKey(), ReasonsText(reasons));
}

Status ClearExclusions(const TuningRecords& records) {
  if (records.store() == nullptr || FindReasons(records).empty()) return Status();
  return records.store()->AddTuning(records.device(), ExclusionsKey(), "");
}

}  // namespace mace
