// The kernel variants that plans for a device do without, because its driver computes them wrongly
// or crashes in them.
//
// Thread contract: thread-compatible.
#ifndef MACE_PLAN_EXCLUDED_VARIANTS_H_
#define MACE_PLAN_EXCLUDED_VARIANTS_H_

#include <set>
#include <string>

#include "mace/kernel/kernel.h"

namespace mace {

// What a variant is excluded by: its name, whether it uses images or buffers, and its precision,
// such as "conv2d_1x1 image f16". Other shapes, attributes and work-group sizes have the same kind.
std::string VariantKind(const KernelVariant& variant);

class ExcludedVariants {
 public:
  // `kind`: that of VariantKind.
  void Add(const std::string& kind) { kinds_.insert(kind); }
  void Add(const ExcludedVariants& others) {
    kinds_.insert(others.kinds_.begin(), others.kinds_.end());
  }

  bool empty() const { return kinds_.empty(); }
  bool Contains(const KernelVariant& variant) const {
    return !kinds_.empty() && kinds_.count(VariantKind(variant)) > 0;
  }
  const std::set<std::string>& kinds() const { return kinds_; }

  bool operator==(const ExcludedVariants& other) const { return kinds_ == other.kinds_; }
  bool operator!=(const ExcludedVariants& other) const { return !(*this == other); }

 private:
  std::set<std::string> kinds_;
};

}  // namespace mace

#endif  // MACE_PLAN_EXCLUDED_VARIANTS_H_
