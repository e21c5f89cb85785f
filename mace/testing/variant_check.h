// One variant in every placement, against the expected outputs.
#ifndef MACE_TESTING_VARIANT_CHECK_H_
#define MACE_TESTING_VARIANT_CHECK_H_

#include <vector>

#include "mace/testing/variant_runner.h"

namespace mace {

// Runs `run`'s variant with dense tensors, on slices of wider ones, and in place where it offers
// that; an alias or a view of memory is compared without running. `expected` are float32, as the
// runner gives them; `tolerance` is relative to the output's largest magnitude. Fails through
// GoogleTest.
void CheckVariant(VariantRun run, const std::vector<HostTensor>& expected, float tolerance);

}  // namespace mace

#endif  // MACE_TESTING_VARIANT_CHECK_H_
