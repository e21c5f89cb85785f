#include "tools/mace/doctor_finding.h"

#include <algorithm>

#include "tools/mace/streams.h"

namespace mace {
namespace {

const char* WordFor(Finding::Level level) {
  switch (level) {
    case Finding::Level::kOk:
      return "ok";
    case Finding::Level::kNote:
      return "note";
    case Finding::Level::kWarning:
      return "warning";
    case Finding::Level::kProblem:
      break;
  }
  return "problem";
}

}  // namespace

void Findings::Ok(const std::string& area, const std::string& what) {
  all_.push_back({Finding::Level::kOk, area, what, ""});
}

void Findings::Note(const std::string& area, const std::string& what, const std::string& advice) {
  all_.push_back({Finding::Level::kNote, area, what, advice});
}

void Findings::Warn(const std::string& area, const std::string& what, const std::string& advice) {
  all_.push_back({Finding::Level::kWarning, area, what, advice});
}

void Findings::Problem(const std::string& area, const std::string& what,
                       const std::string& advice) {
  all_.push_back({Finding::Level::kProblem, area, what, advice});
}

size_t Findings::CountOf(Finding::Level level) const {
  return static_cast<size_t>(
      std::count_if(all_.begin(), all_.end(),
                    [level](const Finding& finding) { return finding.level == level; }));
}

Json Findings::ToJson() const {
  Json list = Json::array();
  for (const Finding& finding : all_) {
    list.push_back({{"level", WordFor(finding.level)},
                    {"area", finding.area},
                    {"what", finding.what},
                    {"advice", TextOrNull(finding.advice)}});
  }
  return list;
}

void Findings::Print(FILE* out) const {
  for (const Finding& finding : all_) {
    mace::Print(out, "%-8s %-12s %s\n", WordFor(finding.level), finding.area.c_str(),
                finding.what.c_str());
    if (!finding.advice.empty()) mace::Print(out, "%-21s -> %s\n", "", finding.advice.c_str());
  }
}

}  // namespace mace
