// Run allocates nothing once the plan is there. Counted in this program's operator new: what a
// driver allocates within its own library is its own affair.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "mace/engine/engine.h"
#include "mace/engine/model_state.h"
#include "mace/engine/tensor_access.h"
#include "mace/testing/small_model.h"

namespace {

thread_local bool counting = false;
std::atomic<int> allocations{0};

void* CountedAllocate(size_t size) {
  if (counting) ++allocations;
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) std::abort();
  return memory;
}

}  // namespace

void* operator new(size_t size) { return CountedAllocate(size); }
void* operator new[](size_t size) { return CountedAllocate(size); }
void* operator new(size_t size, const std::nothrow_t&) noexcept { return CountedAllocate(size); }
void* operator new[](size_t size, const std::nothrow_t&) noexcept { return CountedAllocate(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, size_t) noexcept { std::free(memory); }

namespace mace {
namespace {

class AllocationTest : public testing::TestWithParam<Precision> {};

TEST_P(AllocationTest, RunAllocatesNothingAfterTheFirst) {
  Options options;
  options.precision = GetParam();
  options.input_shapes["x"] = {1, 4, 4, 8};
  StatusOr<std::unique_ptr<Engine>> engine = Engine::Create(MakeSmallModel(), options);
  ASSERT_TRUE(engine.ok()) << engine.status().message();
  ASSERT_EQ(0u, (*engine)->stats().cpu_ops);
  const std::vector<HostTensor> inputs = {RandomTensor({1, 4, 4, 8}, 1)};
  const std::vector<HostTensor> others = {RandomTensor({1, 4, 4, 8}, 2)};
  std::vector<HostTensor> outputs;
  ASSERT_TRUE((*engine)->RunInto(inputs, &outputs).ok());
  allocations = 0;
  counting = true;
  bool ok = true;
  for (int i = 0; i < 10; ++i) {
    ok = ok && (*engine)->RunInto(i % 2 == 0 ? others : inputs, &outputs).ok();
  }
  counting = false;
  ASSERT_TRUE(ok);
  EXPECT_EQ(0, allocations.load());
  // The counter works.
  counting = true;
  std::vector<int>* made = new std::vector<int>(3);
  counting = false;
  EXPECT_GE(allocations.load(), 2);
  delete made;
}

TEST(RequestAllocation, RunAllocatesNothingAfterTheFirst) {
  const auto compiled = CompiledModel::Compile(ModelAccess::FromGraph(MakeSmallModel()));
  ASSERT_TRUE(compiled.ok()) << compiled.status().message();
  CompiledModel handle = *compiled;
  StatusOr<Request> request = handle.NewRequest();
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
}

INSTANTIATE_TEST_SUITE_P(Precisions, AllocationTest,
                         testing::Values(Precision::kFloat32, Precision::kFloat16));

}  // namespace
}  // namespace mace
