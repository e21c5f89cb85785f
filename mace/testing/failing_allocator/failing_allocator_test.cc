#include "mace/testing/failing_allocator/failing_allocator.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstdlib>
#include <new>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "mace/base/catch_exhaustion.h"
#include "mace/graph/tensor.h"

namespace mace {
namespace {

// A call of the function and no new-expression: the compiler may leave out what nobody uses.
bool NewFails() {
  void* const memory = ::operator new(4, std::nothrow);
  ::operator delete(memory);
  return memory == nullptr;
}

TEST(FailingAllocatorTest, TheNthFailsAlone) {
  bool failed[3];
  uint64_t count = 0;
  {
    const FailingAllocation failing(2, Failures::kOne);
    for (bool& each : failed) each = NewFails();
    count = FailingAllocation::count();
  }
  EXPECT_FALSE(failed[0]);
  EXPECT_TRUE(failed[1]);
  EXPECT_FALSE(failed[2]);
  EXPECT_EQ(3u, count);
}

TEST(FailingAllocatorTest, AllFailFromTheNthOn) {
  bool failed[3];
  {
    const FailingAllocation failing(2, Failures::kFromThereOn);
    for (bool& each : failed) each = NewFails();
  }
  EXPECT_FALSE(failed[0]);
  EXPECT_TRUE(failed[1]);
  EXPECT_TRUE(failed[2]);
  EXPECT_FALSE(NewFails());
}

TEST(FailingAllocatorTest, EveryKindOfAllocationIsCounted) {
  void* memory = nullptr;
  bool string_fails = false, thread_fails = false, calloc_fails = false, map_fails = false;
  int align_error = 0;
  TensorInfo info = {DType::kFloat32, Shape({4})};
  {
    const FailingAllocation failing(1, Failures::kFromThereOn);
    calloc_fails =
        !CatchExhaustion([&] { return HostTensor::Allocate(std::move(info)).status(); }).ok();
    align_error = posix_memalign(&memory, 64, 64);
    map_fails = mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED;
    try {
      // Within the C++ library.
      std::string text(100, 'x');
      text += text;
    } catch (const std::bad_alloc&) {
      string_fails = true;
    }
  }
  {
    // The thread's state is the first allocation, the thread the second.
    const FailingAllocation failing(2, Failures::kOne);
    try {
      std::thread([] {}).join();
    } catch (const std::system_error&) {
      thread_fails = true;
    }
  }
  EXPECT_TRUE(calloc_fails);
  EXPECT_NE(0, align_error);
  EXPECT_TRUE(map_fails);
  EXPECT_TRUE(string_fails);
  EXPECT_TRUE(thread_fails);
}

}  // namespace
}  // namespace mace
