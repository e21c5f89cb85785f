// Half precision is used on the device only: the graph's outputs are computed and stored in
// float32.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "mace/plan/plan.h"

namespace mace {
namespace {

DeviceInfo BufferDevice() {
  DeviceInfo device;
  device.kind = DeviceKind::kGpu;
  device.images = false;
  device.max_work_group_size = 256;
  device.max_allocation_bytes = size_t{1} << 30;
  device.memory_base_address_align_bytes = 64;
  return device;
}

// Adds a node whose output has `shape`.
ValueId AddNode(const char* type, ValueId x, const Shape& shape, Graph* graph) {
  Node node;
  node.type = type;
  node.name = type + std::to_string(graph->nodes.size());
  node.inputs = {x};
  node.outputs = {graph->AddValue(node.name + ":0")};
  node.attributes.Set("activation", std::string("RELU"));
  node.attributes.Set("kernels", std::vector<int64_t>{3, 3});
  node.attributes.Set("padding", int64_t{1});
  node.attributes.Set("pooling_type", int64_t{1});
  node.attributes.Set("shape", shape.dims());
  graph->values[static_cast<size_t>(node.outputs[0])].info = {DType::kFloat32, shape};
  graph->nodes.push_back(node);
  return node.outputs[0];
}

// Two poolings, a reshape, relu, a reshape to the output.
Graph MakeChain() {
  Graph graph;
  IoInfo input, output;
  input.name = "x";
  input.value = graph.AddValue("x");
  graph.values[0].info = {DType::kFloat32, {1, 2, 6, 8}};
  graph.inputs = {input};
  ValueId value = AddNode("Pooling", input.value, {1, 2, 6, 8}, &graph);
  value = AddNode("Pooling", value, {1, 2, 6, 8}, &graph);
  value = AddNode("Reshape", value, {1, 3, 4, 8}, &graph);
  value = AddNode("Activation", value, {1, 3, 4, 8}, &graph);
  output.name = "y";
  output.value = AddNode("Reshape", value, {1, 12, 1, 8}, &graph);
  graph.outputs = {output};
  return graph;
}

std::unique_ptr<Plan> PlanInHalf(Graph graph) {
  DeviceInfo device = BufferDevice();
  // Tensors are parts of one arena, each as large as it needs to be.
  device.host_unified_memory = true;
  PlanOptions options;
  options.precision = Precision::kFloat16;
  StatusOr<std::unique_ptr<Plan>> plan =
      MakePlan(std::make_shared<Graph>(std::move(graph)), &device, options);
  EXPECT_TRUE(plan.ok()) << plan.status().message();
  return plan.ok() ? *std::move(plan) : nullptr;
}

TEST(PlanPrecision, WhatMakesAnOutputIsFloatBackToTheLastSum) {
  const std::unique_ptr<Plan> plan = PlanInHalf(MakeChain());
  ASSERT_NE(plan, nullptr);
  ASSERT_EQ(plan->placements.size(), 5u);
  EXPECT_EQ(plan->placements[0].precision, Precision::kFloat16);
  for (size_t n = 1; n < 5; ++n) EXPECT_EQ(plan->placements[n].precision, Precision::kFloat32) << n;
}

TEST(PlanPrecision, TheHostSendsAndReceivesFloats) {
  const std::unique_ptr<Plan> plan = PlanInHalf(MakeChain());
  ASSERT_NE(plan, nullptr);
  int transfers = 0;
  for (const Step& step : plan->steps) {
    if (step.kind != Step::Kind::kUpload && step.kind != Step::Kind::kDownload) continue;
    ++transfers;
    const DeviceTensor& tensor = plan->tensors[static_cast<size_t>(step.index)];
    EXPECT_EQ(tensor.format.precision, Precision::kFloat32);
    EXPECT_EQ(tensor.format.layout, Layout::kRowMajor);
  }
  EXPECT_EQ(transfers, 2);
}

// Half-precision regions take half of the bytes.
TEST(PlanPrecision, RegionsHaveTheSizeOfTheirPrecision) {
  const std::unique_ptr<Plan> plan = PlanInHalf(MakeChain());
  ASSERT_NE(plan, nullptr);
  for (const DeviceTensor& tensor : plan->tensors) {
    const size_t elements = 96 * ElementBytes(tensor.format.precision);
    const size_t bytes = plan->regions[static_cast<size_t>(tensor.region)].bytes;
    EXPECT_GE(bytes, elements);
    EXPECT_LE(bytes, elements + 64);
  }
}

TEST(PlanPrecision, LaunchesReadAndWriteTheirOwnPrecision) {
  const std::unique_ptr<Plan> plan = PlanInHalf(MakeChain());
  ASSERT_NE(plan, nullptr);
  for (const PlannedLaunch& planned : plan->launches) {
    for (const KernelArgument& argument : planned.launch.arguments) {
      const auto* tensor = std::get_if<TensorArgument>(&argument);
      if (tensor == nullptr || (tensor->kind != TensorArgument::Kind::kInput &&
                                tensor->kind != TensorArgument::Kind::kOutput)) {
        continue;
      }
      EXPECT_EQ(plan->tensors[static_cast<size_t>(tensor->index)].format.precision,
                planned.launch.kernel.precision);
    }
  }
}

}  // namespace
}  // namespace mace
