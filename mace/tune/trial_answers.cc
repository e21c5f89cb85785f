#include "mace/tune/trial_answers.h"

#include <algorithm>
#include <cmath>

namespace mace {

bool OutputsAgree(const std::vector<HostTensor>& a, const std::vector<HostTensor>& b,
                  double tolerance) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i].dtype() != b[i].dtype() || a[i].shape() != b[i].shape()) return false;
    if (a[i].dtype() != DType::kFloat32) {
      const Bytes one = a[i].bytes(), other = b[i].bytes();
      if (!std::equal(one.begin(), one.end(), other.begin())) return false;
      continue;
    }
    const int64_t count = a[i].shape().elements();
    double largest = 0;
    for (int64_t k = 0; k < count; ++k) {
      const double magnitude = std::fabs(b[i].f32()[k]);
      if (std::isfinite(magnitude)) largest = std::max(largest, magnitude);
    }
    for (int64_t k = 0; k < count; ++k) {
      const double x = a[i].f32()[k], y = b[i].f32()[k];
      if (x == y || (std::isnan(x) && std::isnan(y))) continue;
      // The negated form also fails if only one side is NaN.
      if (!(std::fabs(x - y) <= tolerance * largest)) return false;
    }
  }
  return true;
}

bool TrialAnswers::Accept(const std::string& variant, const std::vector<HostTensor>& outputs,
                          const Reference& reference, std::vector<std::string>* refuted) {
  if (expected_.empty()) expected_ = outputs;
  bool agrees = OutputsAgree(outputs, expected_, tolerance_);
  if (!agrees && !expected_is_reference_) {
    StatusOr<std::vector<HostTensor>> truth = reference();
    if (!truth.ok()) return false;
    // The earlier answers agreed with one another, so they are right or wrong together.
    if (!OutputsAgree(expected_, *truth, tolerance_)) {
      refuted->insert(refuted->end(), accepted_.begin(), accepted_.end());
      accepted_.clear();
    }
    expected_ = *std::move(truth);
    expected_is_reference_ = true;
    agrees = OutputsAgree(outputs, expected_, tolerance_);
  }
  if (agrees) accepted_.push_back(variant);
  return agrees;
}

}  // namespace mace
