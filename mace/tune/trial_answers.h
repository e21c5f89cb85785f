// Judges the answers of the variants of one node: they must agree, and where they do not the
// reference on the CPU says who is right.
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

// Whether each difference is within `tolerance` of the largest magnitude in `b`; a NaN equals a
// NaN, and what is no float32 must be equal.
bool OutputsAgree(const std::vector<HostTensor>& a, const std::vector<HostTensor>& b,
                  double tolerance);

class TrialAnswers {
 public:
  // Slow, so called once at most, and only after a disagreement.
  using Reference = std::function<StatusOr<std::vector<HostTensor>>()>;

  explicit TrialAnswers(double tolerance) : tolerance_(tolerance) {}

  // Whether the variant is to be trusted. The first one is, until another departs from it;
  // `refuted` then gets the names of those accepted before that the reference shows to be wrong. A
  // variant that departs is refused where the reference itself fails.
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
