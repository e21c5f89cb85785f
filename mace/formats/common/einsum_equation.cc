#include "mace/formats/common/einsum_equation.h"

#include <algorithm>
#include <map>
#include <set>

#include "mace/base/strings.h"

namespace mace {
namespace {

constexpr int kFirstBroadcast = 256;  // Above every letter.
constexpr char kDots[] = "...";

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// The labels of one term whose "..." stands for `broadcast` axes.
StatusOr<EinsumLabels> ReadTerm(const std::string& term, int broadcast, bool* has_dots) {
  EinsumLabels labels;
  *has_dots = false;
  for (size_t i = 0; i < term.size(); ++i) {
    if (IsLetter(term[i])) {
      labels.push_back(term[i]);
      continue;
    }
    if (*has_dots || term.compare(i, 3, kDots) != 0) {
      return InvalidArgument("expected letters and at most one '...' in each term, found '" +
                             Printable(term) + "'");
    }
    *has_dots = true;
    i += 2;
    for (int axis = broadcast - 1; axis >= 0; --axis) labels.push_back(kFirstBroadcast + axis);
  }
  return labels;
}

// The terms between commas; Split would leave out empty ones, which stand for scalars.
std::vector<std::string> Terms(const std::string& text) {
  std::vector<std::string> terms(1);
  for (char c : text) {
    if (c == ',') {
      terms.emplace_back();
    } else {
      terms.back() += c;
    }
  }
  return terms;
}

EinsumLabels ImpliedResult(const std::vector<EinsumLabels>& operands, int broadcast) {
  std::map<int, int> counts;
  for (const EinsumLabels& labels : operands) {
    for (int label : labels) ++counts[label];
  }
  EinsumLabels result;
  for (int axis = broadcast - 1; axis >= 0; --axis) result.push_back(kFirstBroadcast + axis);
  for (const auto& [label, count] : counts) {
    if (label < kFirstBroadcast && count == 1) result.push_back(label);
  }
  return result;
}

Status CheckResult(const EinsumEquation& equation) {
  std::set<int> known, seen;
  for (const EinsumLabels& labels : equation.operands) known.insert(labels.begin(), labels.end());
  for (int label : equation.result) {
    if (known.count(label) > 0 && seen.insert(label).second) continue;
    return InvalidArgument(
        "expected letters of the operands behind '->', each at most once, found '" +
        std::string(1, static_cast<char>(label)) + "'");
  }
  return Status::Ok();
}

}  // namespace

StatusOr<EinsumEquation> ParseEinsumEquation(const std::string& text,
                                             const std::vector<int>& ranks) {
  std::string bare;
  for (char c : text) {
    if (c != ' ') bare += c;
  }
  const size_t arrow = bare.find("->");
  const std::vector<std::string> terms = Terms(bare.substr(0, arrow));
  if (terms.size() != ranks.size()) {
    return InvalidArgument("expected " + std::to_string(terms.size()) + " operands, found " +
                           std::to_string(ranks.size()));
  }
  EinsumEquation equation;
  int broadcast = 0;
  for (size_t i = 0; i < terms.size(); ++i) {
    bool has_dots = false;
    MACE_ASSIGN_OR_RETURN(EinsumLabels labels, ReadTerm(terms[i], 0, &has_dots));
    const int rest = ranks[i] - static_cast<int>(labels.size());
    if (rest < 0 || (rest > 0 && !has_dots)) {
      return InvalidArgument("term '" + terms[i] + "': expected an operand of rank " +
                             std::to_string(labels.size()) + ", found " + std::to_string(ranks[i]));
    }
    MACE_ASSIGN_OR_RETURN(labels, ReadTerm(terms[i], rest, &has_dots));
    broadcast = std::max(broadcast, rest);
    equation.operands.push_back(std::move(labels));
  }
  if (arrow == std::string::npos) {
    equation.result = ImpliedResult(equation.operands, broadcast);
    return equation;
  }
  bool has_dots = false;
  MACE_ASSIGN_OR_RETURN(equation.result, ReadTerm(bare.substr(arrow + 2), broadcast, &has_dots));
  MACE_RETURN_IF_ERROR(CheckResult(equation));
  return equation;
}

}  // namespace mace
