// Results in the memory of an input that no later node reads. No device is used.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "mace/plan/plan.h"
#include "mace/testing/test_graph.h"

namespace mace {
namespace {

DeviceInfo AnyGpu() {
  DeviceInfo device;
  device.kind = DeviceKind::kGpu;
  device.compute_units = 4;
  device.max_work_group_size = 256;
  for (size_t& size : device.max_work_item_sizes) size = 256;
  device.max_allocation_bytes = size_t{1} << 30;
  return device;
}

// Nodes in sequence, all of the same shape.
struct Chains : TestGraph {
  Chains() : TestGraph({1, 8, 8, 4}) {}

  ValueId Then(const char* type, const char* name, std::vector<ValueId> inputs) {
    Add(type, name, std::move(inputs));
    return last();
  }
  std::unique_ptr<Plan> MakeBufferPlan() const {
    PlanOptions options;
    options.memory = MemoryChoice::kBuffer;
    const DeviceInfo device = AnyGpu();
    StatusOr<std::unique_ptr<Plan>> plan =
        MakePlan(std::make_shared<Graph>(graph), &device, options);
    EXPECT_TRUE(plan.ok()) << plan.status().message();
    return plan.ok() ? *std::move(plan) : nullptr;
  }
};

// Whether two values have tensors in the same region.
bool Share(const Plan& plan, ValueId a, ValueId b) {
  for (const DeviceTensor& first : plan.tensors) {
    for (const DeviceTensor& second : plan.tensors) {
      if (first.value == a && second.value == b && first.region == second.region) return true;
    }
  }
  return false;
}

TEST(InPlace, AResultTakesThePlaceOfWhatNobodyReadsAnyMore) {
  Chains test;
  const ValueId a = test.Then("Softmax", "a", {test.x()});
  const ValueId b = test.Then("Softmax", "b", {a});
  const ValueId c = test.Then("Softmax", "c", {b});
  test.Output("y", test.Then("Softmax", "y", {c}));
  const std::unique_ptr<Plan> plan = test.MakeBufferPlan();
  ASSERT_NE(nullptr, plan);
  EXPECT_TRUE(Share(*plan, a, b));
  EXPECT_TRUE(Share(*plan, b, c));
  // A tensor of the caller is not overwritten.
  EXPECT_FALSE(Share(*plan, test.x(), a));
}

TEST(InPlace, AnyOperandOfASumThatHasItsShape) {
  Chains test;
  const ValueId a = test.Then("Softmax", "a", {test.x()});
  const ValueId small = test.Then("Reduce", "small", {test.x()});
  test.graph.nodes.back().attributes.Set("keepdims", int64_t{1});
  test.Infer();
  const ValueId sum = test.Then("Eltwise", "sum", {small, a});
  test.Output("y", test.Then("Softmax", "y", {sum}));
  const std::unique_ptr<Plan> plan = test.MakeBufferPlan();
  ASSERT_NE(nullptr, plan);
  EXPECT_TRUE(Share(*plan, a, sum));
  EXPECT_FALSE(Share(*plan, small, sum));
}

TEST(InPlace, NotWhereSomebodyReadsTheInputLater) {
  Chains test;
  const ValueId a = test.Then("Softmax", "a", {test.x()});
  const ValueId b = test.Then("Softmax", "b", {a});
  const ValueId c = test.Then("Softmax", "c", {a});
  test.Output("y", test.Then("Eltwise", "sum", {b, c}));
  test.Output("c", c);
  const std::unique_ptr<Plan> plan = test.MakeBufferPlan();
  ASSERT_NE(nullptr, plan);
  EXPECT_FALSE(Share(*plan, a, b));
  EXPECT_TRUE(Share(*plan, a, c));  // The last reader.
  EXPECT_TRUE(Share(*plan, b, test.graph.outputs[0].value));
}

// Another value that shares the memory is read later, or by the same node with another shape.
TEST(InPlace, NotWhereSomebodyReadsTheInputsMemoryByAnotherName) {
  Chains test;
  const ValueId a = test.Then("Softmax", "a", {test.x()});
  const ValueId b = test.Then("Identity", "b", {a});
  const ValueId c = test.Then("Softmax", "c", {a});
  test.Output("y", test.Then("Eltwise", "sum", {b, c}));
  const std::unique_ptr<Plan> plan = test.MakeBufferPlan();
  ASSERT_NE(nullptr, plan);
  EXPECT_FALSE(Share(*plan, a, c));
}

TEST(InPlace, NotWhereTheInputIsAnOutputOfTheModel) {
  Chains test;
  const ValueId a = test.Then("Softmax", "a", {test.x()});
  const ValueId b = test.Then("Softmax", "b", {a});
  test.Output("a", a);
  test.Output("b", b);
  const std::unique_ptr<Plan> plan = test.MakeBufferPlan();
  ASSERT_NE(nullptr, plan);
  EXPECT_FALSE(Share(*plan, a, b));
}

}  // namespace
}  // namespace mace
