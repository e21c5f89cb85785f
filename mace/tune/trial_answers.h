// Checks the answers of a node's variants. If they disagree, the CPU reference decides which are
// right.
//
// Thread contract: thread-compatible.
#ifndef MACE_TUNE_TRIAL_ANSWERS_H_
#define MACE_TUNE_TRIAL_ANSWERS_H_

#include <functional>
#include <string>
#include <vector>

#include "mace/base/status.h"
#include "mace/graph/tensor.h"

namespace mace {

// Whether each difference is at most `tolerance` times the largest magnitude in `b`. NaN equals
// NaN; elements that are not float32 must be equal.
bool OutputsAgree(const std::vector<HostTensor>& a, const std::vector<HostTensor>& b,
                  double tolerance);

class TrialAnswers {
 public:
  // Slow, so it is called at most once, and only after a disagreement.
  using Reference = std::function<StatusOr<std::vector<HostTensor>>()>;

  explicit TrialAnswers(double tolerance) : tolerance_(tolerance) {}

  // Whether to trust the variant. The first one is trusted until another one disagrees. `refuted`
  // then gets the names of accepted variants that the reference shows to be wrong. If the reference
  // itself fails, the variant that disagrees is refused.
  bool Accept(const std::string& variant, const std::vector<HostTensor>& outputs,
              const Reference& reference, std::vector<std::string>* refuted);

 private:
  double tolerance_;
  std::vector<HostTensor> expected_;
  bool expected_is_reference_ = false;
  std::vector<std::string> accepted_;
};

}  // namespace mace

#endif  // MACE_TUNE_TRIAL_ANSWERS_H_
