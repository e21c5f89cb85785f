// Run allocates nothing once the plan is made. This program's operator new counts allocations;
// those within the driver's library are not counted.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "mace/testing/compiled_graph.h"
#include "mace/testing/small_model.h"

namespace mace {
namespace {

thread_local bool counting = false;
std::atomic<int> allocations{0};

void* CountedAllocate(size_t size) {
  if (counting) ++allocations;
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) std::abort();
  return memory;
}

class AllocationTest : public testing::TestWithParam<CompileOptions::Precision> {};

TEST_P(AllocationTest, RunAllocatesNothingAfterTheFirst) {
  CompileOptions options;
  options.precision = GetParam();
  CompiledModel compiled = CompileOrFail(MakeSmallModel(), options);
  ASSERT_EQ(0u, compiled.statistics().cpu_nodes);
  StatusOr<Request> request = compiled.NewRequest();
  ASSERT_TRUE(request.ok()) << request.status().message();
  const Tensor inputs[] = {TensorAccess::FromHost(SmallInput(2, 1)),
                           TensorAccess::FromHost(SmallInput(2, 2))};
  ASSERT_TRUE(request->Set(0, inputs[0]).ok());
  ASSERT_TRUE(request->Run().ok());
  allocations = 0;
  counting = true;
  bool ok = true;
  for (int i = 0; i < 10; ++i) {
    ok = ok && request->Set(0, inputs[i % 2]).ok() && request->Run().ok() && request->Get(0).ok();
  }
  counting = false;
  ASSERT_TRUE(ok);
  EXPECT_EQ(0, allocations.load());
  // Makes sure that the counter works.
  counting = true;
  std::vector<int>* made = new std::vector<int>(3);
  counting = false;
  EXPECT_GE(allocations.load(), 2);
  delete made;
}

INSTANTIATE_TEST_SUITE_P(Precisions, AllocationTest,
                         testing::Values(CompileOptions::Precision::kFloat32,
                                         CompileOptions::Precision::kFloat16));

}  // namespace
}  // namespace mace

void* operator new(size_t size) { return mace::CountedAllocate(size); }
void* operator new[](size_t size) { return mace::CountedAllocate(size); }
void* operator new(size_t size, const std::nothrow_t&) noexcept {
  return mace::CountedAllocate(size);
}
void* operator new[](size_t size, const std::nothrow_t&) noexcept {
  return mace::CountedAllocate(size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, size_t) noexcept { std::free(memory); }
