// Every allocation of a model's life on the CPU fails once (every_allocation.h). The digits network
// in three formats: each of the first allocations of a phase, and from there on at a stride that
// is a prime, so that over the formats and the phases the allocations of all places are met.
#include "mace/testing/failing_allocator/every_allocation.h"

#include <gtest/gtest.h>

namespace mace {
namespace {

class EveryAllocationTest : public testing::TestWithParam<const char*> {};

Options OnTheCpu() {
  Options options;
  options.device = "cpu";
  return options;
}

TEST_P(EveryAllocationTest, OneFails) {
  TryEveryAllocation(DigitsCase(GetParam(), OnTheCpu()), Failures::kOne, {2000, 7});
}

TEST_P(EveryAllocationTest, NoMemoryIsLeft) {
  TryEveryAllocation(DigitsCase(GetParam(), OnTheCpu()), Failures::kFromThereOn, {100, 23});
}

INSTANTIATE_TEST_SUITE_P(Formats, EveryAllocationTest,
                         testing::Values("digits.pb", "digits_frozen.pb", "digits.onnx"));

}  // namespace
}  // namespace mace
