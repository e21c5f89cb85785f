#include "mace/engine/memory_limits.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "mace/base/system_memory.h"
#include "mace/testing/compiled_graph.h"

namespace mace {
namespace {

constexpr uint64_t kMegabyte = 1 << 20;

// y = Tile(x, times); x has one row.
std::shared_ptr<const Graph> TileGraph(int64_t columns, int64_t times) {
  auto graph = std::make_shared<Graph>();
  const ValueId x = graph->AddValue("x");
  graph->value(x).info = {DType::kFloat32, Shape({1, columns})};
  graph->value(x).shape_known = true;
  const ValueId y = graph->AddValue("y");
  Node node;
  node.name = "tile";
  node.type = "Tile";
  node.inputs = {x, graph->AddConstant("times", HostTensor::FromVector<int64_t>(
                                                    DType::kInt64, Shape({2}), {times, 1}))};
  node.outputs = {y};
  graph->nodes.push_back(node);
  IoInfo in, out;
  in.name = "x";
  in.value = x;
  in.declared_dims = {{-1, -1}};
  out.name = "y";
  out.value = y;
  graph->inputs.push_back(in);
  graph->outputs.push_back(out);
  return graph;
}

CompileOptions OnTheCpu(uint64_t host_bytes) {
  CompileOptions options;
  options.device = "cpu";
  options.limits.host_bytes = host_bytes;
  return options;
}

HostTensor Ones(int64_t columns) {
  return HostTensor::FromVector<float>(DType::kFloat32, Shape({1, columns}),
                                       std::vector<float>(static_cast<size_t>(columns), 1.0f));
}

TEST(MemoryLimitsTest, APlanBeyondTheLimitIsRefusedWithBothNumbers) {
  // The input takes 4 MB, the output 40 MB.
  const auto graph = TileGraph(kMegabyte, 10);
  EXPECT_TRUE(CompileGraph(graph, OnTheCpu(44 * kMegabyte + kMegabyte / 2)).ok());
  const auto refused = CompileGraph(graph, OnTheCpu(44 * kMegabyte - 1));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(StatusCode::kResourceExhausted, refused.status().code());
  const std::string message = refused.status().message();
  EXPECT_NE(std::string::npos, message.find(std::to_string(44 * kMegabyte))) << message;
  EXPECT_NE(std::string::npos, message.find(std::to_string(44 * kMegabyte - 1))) << message;
}

TEST(MemoryLimitsTest, WithoutALimitThatOfTheSystemHolds) {
  // 2^40 elements are 4 TiB.
  const auto refused = CompileGraph(TileGraph(int64_t{1} << 20, int64_t{1} << 20), OnTheCpu(0));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(StatusCode::kResourceExhausted, refused.status().code());
  EXPECT_LE(HostMemoryLimit(0), AvailableHostMemory());
}

TEST(MemoryLimitsTest, InputsOfAnotherShapeAreCountedAnew) {
  const auto compiled = CompileGraph(TileGraph(1024, 10), OnTheCpu(8 * kMegabyte));
  ASSERT_TRUE(compiled.ok()) << compiled.status().message();
  const std::vector<HostTensor> small = {Ones(1024)};
  ASSERT_TRUE(RunOn(*compiled, small).ok());
  const auto refused = RunOn(*compiled, {Ones(kMegabyte)});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(StatusCode::kResourceExhausted, refused.status().code()) << refused.status().message();
  const auto again = RunOn(*compiled, small);
  ASSERT_TRUE(again.ok()) << again.status().message();
  EXPECT_EQ(1.0f, (*again)[0].f32()[10 * 1024 - 1]);
}

TEST(MemoryLimitsTest, OutputsThatTheCallerKeepsAreCounted) {
  // The input takes 0.4 MB, the output 4 MB.
  const int64_t columns = 100 * 1024;
  const auto compiled = CompileGraph(TileGraph(columns, 10), OnTheCpu(9 * kMegabyte));
  ASSERT_TRUE(compiled.ok()) << compiled.status().message();
  const std::vector<HostTensor> inputs = {Ones(columns)};
  auto first = RunOn(*compiled, inputs);
  auto second = RunOn(*compiled, inputs);
  ASSERT_TRUE(first.ok() && second.ok());
  const auto third = RunOn(*compiled, inputs);
  EXPECT_EQ(StatusCode::kResourceExhausted, third.status().code());
  first->clear();
  EXPECT_TRUE(RunOn(*compiled, inputs).ok()) << "what was freed can be had again";
}

TEST(MemoryLimitsTest, ABudgetOfTheThreadIsKeptToWhereItIsSmaller) {
  const auto budget = std::make_shared<MemoryBudget>(kMegabyte);
  const ScopedMemoryBudget scope(budget);
  EXPECT_EQ(budget, HostMemoryBudget(0));
  EXPECT_EQ(budget, HostMemoryBudget(2 * kMegabyte));
  EXPECT_EQ(kMegabyte / 2, HostMemoryBudget(kMegabyte / 2)->limit());
}

TEST(MemoryLimitsTest, TheDeviceHasALimitOfItsOwn) {
  MemoryNeed need;
  need.device = 1000;
  EXPECT_TRUE(CheckDeviceMemory(need, 0, 1000).ok());
  const Status refused = CheckDeviceMemory(need, 1, 1000);
  EXPECT_EQ(StatusCode::kResourceExhausted, refused.code());
  EXPECT_NE(std::string::npos, refused.message().find("1000"));
  DeviceInfo device;
  EXPECT_EQ(UINT64_MAX, DeviceMemoryLimit(0, device));
  device.global_memory_bytes = 123;
  EXPECT_EQ(123u, DeviceMemoryLimit(0, device));
}

TEST(MemoryLimitsTest, ADeviceInTheHostsMemoryCountsThere) {
  MemoryNeed need;
  need.device = 1000;
  need.host.outputs = 10;
  EXPECT_EQ(10u, need.host_total());
  need.device_is_host = true;
  EXPECT_EQ(1010u, need.host_total());
  const MemoryBudget budget(1009);
  EXPECT_EQ(StatusCode::kResourceExhausted, CheckHostMemory(need, budget, 1009).code());
}

}  // namespace
}  // namespace mace
