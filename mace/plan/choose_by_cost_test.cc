// Choosing by cost among a node's variants: with estimates, with measurements, and with variants
// that need a measurement.
#include "mace/plan/choose_by_cost.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "mace/plan/plan.h"
#include "mace/testing/fake_gpu.h"

namespace mace {
namespace {

constexpr TensorFormat kRaw = {Layout::kRowMajor, Storage::kBuffer};

DeviceInfo Gpu() {
  DeviceInfo device;
  device.max_work_group_size = 256;
  device.max_allocation_bytes = size_t{1} << 30;
  return device;
}

// y = a * b, with shapes too small to matter for speed.
Graph MakeProduct() {
  Graph graph;
  Node node;
  node.name = node.type = "MatMul";
  for (const char* name : {"a", "b"}) {
    IoInfo input;
    input.name = name;
    input.value = graph.AddValue(name);
    graph.values[static_cast<size_t>(input.value)].info = {DType::kFloat32, {8, 8}};
    graph.inputs.push_back(input);
    node.inputs.push_back(input.value);
  }
  IoInfo output;
  output.name = "y";
  output.value = graph.AddValue("y");
  graph.values[static_cast<size_t>(output.value)].info = {DType::kFloat32, {8, 8}};
  node.outputs = {output.value};
  graph.outputs = {output};
  graph.nodes = {node};
  return graph;
}

KernelVariant MakeVariant(const char* name, double estimate_ms) {
  KernelVariant variant;
  variant.name = name;
  variant.inputs = {kRaw, kRaw};
  variant.outputs = {kRaw};
  variant.estimate_ms = estimate_ms;
  variant.launches.resize(1);
  return variant;
}

std::string Chosen(std::vector<KernelVariant> offered, const DeviceInfo& device = Gpu()) {
  GraphVariants variants;
  variants.device = device;
  variants.nodes = {{std::move(offered), ""}};
  const NodeChoice choice = ChooseByCost(MakeProduct(), variants).nodes[0];
  if (choice.on_cpu()) return "";
  return variants.nodes[0].variants[static_cast<size_t>(choice.variant)].name;
}

TEST(ChooseByCost, TheSmallestEstimate) {
  EXPECT_EQ(Chosen({MakeVariant("slow", 2), MakeVariant("fast", 1)}), "fast");
}

TEST(ChooseByCost, AMeasurementGoesBeforeAnEstimate) {
  KernelVariant slower_than_thought = MakeVariant("slower than thought", 1);
  slower_than_thought.measured_ms = 3;
  EXPECT_EQ(Chosen({slower_than_thought, MakeVariant("other", 2)}), "other");
  KernelVariant faster_than_thought = MakeVariant("faster than thought", 3);
  faster_than_thought.measured_ms = 1;
  EXPECT_EQ(Chosen({faster_than_thought, MakeVariant("other", 2)}), "faster than thought");
}

TEST(ChooseByCost, WhatNeedsAMeasurementIsNotChosenWithoutOne) {
  KernelVariant library = MakeVariant("library", 0.001);
  library.needs_measurement = true;
  EXPECT_EQ(Chosen({library, MakeVariant("own", 100)}), "own");
  EXPECT_EQ(Chosen({MakeVariant("own", 100), library}), "own");
  EXPECT_EQ(Chosen({library}), "") << "the CPU";
}

TEST(ChooseByCost, WhatNeedsAMeasurementIsChosenWhereItSaysSo) {
  KernelVariant library = MakeVariant("library", 0.001), own = MakeVariant("own", 100);
  library.needs_measurement = true;
  library.measured_ms = 2;
  own.measured_ms = 3;
  EXPECT_EQ(Chosen({own, library}), "library");
  own.measured_ms = 1;
  EXPECT_EQ(Chosen({own, library}), "own");
}

TEST(ChooseByCost, ConversionsTakeWhatTheMeasuredBandwidthLets) {
  const TensorFormat image = {Layout::kChannels4, Storage::kImage};
  KernelVariant faster = MakeVariant("faster, in images", 0.1);
  faster.inputs = {image, image};
  faster.outputs = {image};
  DeviceInfo device = Gpu();
  device.measured_gbytes_per_second = 100;
  EXPECT_EQ(Chosen({MakeVariant("in buffers", 1), faster}, device), "faster, in images");
  device.measured_gbytes_per_second = 1e-4;  // 512 bytes take 5 ms.
  EXPECT_EQ(Chosen({MakeVariant("in buffers", 1), faster}, device), "in buffers");
}

TEST(ChooseByCost, ThePeaksOfTheOptionsGoBeforeTheDevices) {
  DeviceInfo device = Gpu();
  device.measured_gflops = 5;
  PlanOptions options;
  EXPECT_EQ(WithMeasuredRoofline(device, options).measured_gflops, 5);
  options.measured_gflops = 7;
  options.measured_gbytes_per_second = 8;
  EXPECT_EQ(WithMeasuredRoofline(device, options).measured_gflops, 7);
  EXPECT_EQ(WithMeasuredRoofline(device, options).measured_gbytes_per_second, 8);
}

// A convolution with a small output on a wide device: estimates do not choose split-K across tiles.
TEST(ChooseByCost, NoEstimateChoosesRangesAcrossTiles) {
  Graph graph = MakeProduct();
  Node& node = graph.nodes[0];
  node.type = "Conv2D";
  graph.inputs.pop_back();
  graph.value(node.inputs[0]).info.shape = {1, 7, 7, 512};
  graph.value(node.inputs[1]).info.shape = {512, 512, 3, 3};
  graph.value(node.inputs[1]).constant = *HostTensor::Allocate({DType::kFloat32, {512, 512, 3, 3}});
  graph.value(node.outputs[0]).info.shape = {1, 5, 5, 512};
  const DeviceInfo device = FakeH100();
  StatusOr<std::shared_ptr<const Op>> op = OpOf(node);
  ASSERT_TRUE(op.ok()) << op.status().message();
  const std::vector<KernelVariant> variants = FindVariants(graph, node, **op, device, {}).variants;
  int across = 0;
  for (const KernelVariant& variant : variants) {
    for (const Launch& launch : variant.launches) {
      const auto split_k = launch.kernel.macros.find("SPLIT_K");
      if (split_k == launch.kernel.macros.end() || split_k->second != "2") continue;
      EXPECT_TRUE(variant.needs_measurement) << variant.name;
      ++across;
    }
  }
  EXPECT_EQ(across, 1) << "offered to a tuner";
}

// MatMul offers CLBlast, but no plan without measurements uses it.
TEST(ChooseByCost, NoPlanCallsALibraryByItself) {
  auto graph = std::make_shared<Graph>(MakeProduct());
  const DeviceInfo device = Gpu();
  StatusOr<std::shared_ptr<const Op>> op = OpOf(graph->nodes[0]);
  ASSERT_TRUE(op.ok());
  const std::vector<KernelVariant> variants =
      FindVariants(*graph, graph->nodes[0], **op, device, {}).variants;
  const auto library =
      std::find_if(variants.begin(), variants.end(),
                   [](const KernelVariant& variant) { return variant.name == "matmul_clblast"; });
  ASSERT_NE(library, variants.end());
  EXPECT_TRUE(library->needs_measurement);
  EXPECT_TRUE(library->launches[0].call.has_value());
  StatusOr<std::unique_ptr<Plan>> plan = MakePlan(graph, &device, {});
  ASSERT_TRUE(plan.ok()) << plan.status().message();
  for (const PlannedLaunch& planned : (*plan)->launches) {
    EXPECT_FALSE(planned.launch.call.has_value());
  }
}

// One row times constant weights. A work-item that computed a column by itself would wait 1280
// times.
TEST(ChooseByCost, AClassifierOnAWideGpuIsSharedAmongWorkItems) {
  Graph graph = MakeProduct();
  graph.inputs.pop_back();
  graph.value(graph.nodes[0].inputs[0]).info.shape = {1, 1280};
  graph.value(graph.nodes[0].inputs[1]).info.shape = {1280, 1000};
  graph.value(graph.nodes[0].inputs[1]).constant =
      *HostTensor::Allocate({DType::kFloat32, {1280, 1000}});
  graph.value(graph.nodes[0].outputs[0]).info.shape = {1, 1000};
  DeviceInfo device = FakeH100();
  device.max_allocation_bytes = size_t{1} << 30;
  PlanOptions options;
  options.memory = MemoryChoice::kBuffer;
  // Earlier layers would leave scratch for shared sums. Here there are none, so the limit is set.
  options.max_scratch_bytes = double{1 << 20};
  StatusOr<std::unique_ptr<Plan>> plan =
      MakePlan(std::make_shared<Graph>(std::move(graph)), &device, options);
  ASSERT_TRUE(plan.ok()) << plan.status().message();
  EXPECT_EQ(0u, (*plan)->placements[0].variant.find("matmul_local")) << DumpPlan(**plan);
}

}  // namespace
}  // namespace mace
