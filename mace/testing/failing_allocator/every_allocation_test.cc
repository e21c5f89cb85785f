// Every allocation of a model's life on the CPU fails once (every_allocation.h), for the digits
// network in three formats. For some of them, all later allocations fail too: a stride that is a
// prime reaches the allocations of all places over the formats and the phases.
#include "mace/testing/failing_allocator/every_allocation.h"

#include <gtest/gtest.h>

namespace mace {
namespace {

class EveryAllocationTest : public testing::TestWithParam<const char*> {};

CompileOptions OnTheCpu() {
  CompileOptions options;
  options.device = "cpu";
  return options;
}

TEST_P(EveryAllocationTest, OneFails) {
  TryEveryAllocation(DigitsCase(GetParam(), OnTheCpu()), Failures::kOne, Coverage());
}

TEST_P(EveryAllocationTest, NoMemoryIsLeft) {
  TryEveryAllocation(DigitsCase(GetParam(), OnTheCpu()), Failures::kFromThereOn, {100, 23});
}

INSTANTIATE_TEST_SUITE_P(Formats, EveryAllocationTest,
                         testing::Values("digits.pb", "digits_frozen.pb", "digits.onnx"));

}  // namespace
}  // namespace mace
