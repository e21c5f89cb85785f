// What `mace doctor` finds, and what to do about it.
#ifndef TOOLS_MACE_DOCTOR_FINDING_H_
#define TOOLS_MACE_DOCTOR_FINDING_H_

#include <cstdio>
#include <string>
#include <vector>

#include "tools/mace/json_output.h"

namespace mace {

struct Finding {
  enum class Level {
    kOk,
    kNote,     // Nothing is wrong, but it explains other findings.
    kWarning,  // mace works, but slower or with less than it could.
    kProblem,  // Something does not work.
  };
  Level level = Level::kOk;
  std::string area;    // "loader", "driver", "device", ...
  std::string what;    // One line.
  std::string advice;  // What to do: one line, or empty.
};

// Prints each finding when it is added, because some take long.
class Findings {
 public:
  explicit Findings(FILE* out) : out_(out) {}

  void Ok(const std::string& area, const std::string& what);
  void Note(const std::string& area, const std::string& what, const std::string& advice = "");
  void Warn(const std::string& area, const std::string& what, const std::string& advice);
  void Problem(const std::string& area, const std::string& what, const std::string& advice);

  const std::vector<Finding>& all() const { return all_; }
  size_t CountOf(Finding::Level level) const;
  // [{level, area, what, advice}]; advice is null where there is nothing to do.
  Json ToJson() const;

 private:
  void Add(Finding finding);

  FILE* const out_;
  std::vector<Finding> all_;
};

}  // namespace mace

#endif  // TOOLS_MACE_DOCTOR_FINDING_H_
