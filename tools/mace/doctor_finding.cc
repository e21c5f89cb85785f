#include "tools/mace/doctor_finding.h"

#include <algorithm>
#include <utility>

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
  Add({Finding::Level::kOk, area, what, ""});
}

void Findings::Note(const std::string& area, const std::string& what, const std::string& advice) {
  Add({Finding::Level::kNote, area, what, advice});
}

void Findings::Warn(const std::string& area, const std::string& what, const std::string& advice) {
  Add({Finding::Level::kWarning, area, what, advice});
}

void Findings::Problem(const std::string& area, const std::string& what,
                       const std::string& advice) {
  Add({Finding::Level::kProblem, area, what, advice});
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

void Findings::Add(Finding finding) {
  Print(out_, "%-8s %-12s %s\n", WordFor(finding.level), finding.area.c_str(),
        finding.what.c_str());
  if (!finding.advice.empty()) Print(out_, "%-21s -> %s\n", "", finding.advice.c_str());
  std::fflush(out_);
  all_.push_back(std::move(finding));
}

}  // namespace mace
