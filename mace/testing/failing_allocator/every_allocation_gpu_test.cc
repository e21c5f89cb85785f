// The cases of every_allocation_test.cc on an OpenCL device with a cache file: the allocations of
// mace's own code, not those of the driver.
#include <gtest/gtest.h>
#include <unistd.h>

#include "mace/base/files.h"
#include "mace/testing/failing_allocator/every_allocation.h"

namespace mace {
namespace {

class EveryAllocationTest : public testing::TestWithParam<const char*> {
 protected:
  CompileOptions OnTheDevice() const {
    CompileOptions options;
    options.cache.save_after_first_run = false;  // Saving is a phase of its own.
    options.cache.path =
        JoinPath(testing::TempDir(), "every_allocation." + std::to_string(getpid()) + ".bin");
    return options;
  }
};

TEST_P(EveryAllocationTest, OneFails) {
  TryEveryAllocation(DigitsCase(GetParam(), OnTheDevice()), Failures::kOne, {300, 41});
}

TEST_P(EveryAllocationTest, NoMemoryIsLeft) {
  TryEveryAllocation(DigitsCase(GetParam(), OnTheDevice()), Failures::kFromThereOn, {20, 211});
}

INSTANTIATE_TEST_SUITE_P(Formats, EveryAllocationTest,
                         testing::Values("digits.pb", "digits_frozen.pb", "digits.onnx"));

}  // namespace
}  // namespace mace
