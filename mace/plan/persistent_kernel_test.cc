// Which launches the persistent kernel runs, and the table that it reads. No device is used.
#include "mace/plan/persistent_kernel.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace mace {
namespace {

DeviceInfo HostDevice() {
  DeviceInfo device;
  device.kind = DeviceKind::kCpu;
  device.vendor = DeviceVendor::kPocl;
  device.host_unified_memory = true;
  device.compute_units = 4;
  device.max_work_group_size = 4096;
  for (size_t& size : device.max_work_item_sizes) size = 4096;
  device.max_allocation_bytes = size_t{1} << 30;
  device.memory_base_address_align_bytes = 128;
  device.images = true;
  device.image2d_max_width = device.image2d_max_height = 8192;
  return device;
}

ValueId AddNode(const char* type, const std::vector<ValueId>& inputs, Graph* graph) {
  Node node;
  node.type = type;
  node.name = type + std::to_string(graph->nodes.size());
  node.inputs = inputs;
  node.outputs = {graph->AddValue(node.name + ":0")};
  node.attributes.Set("activation", std::string("RELU"));
  node.attributes.Set("kernels", std::vector<int64_t>{3, 3});
  node.attributes.Set("padding", int64_t{1});
  node.attributes.Set("pooling_type", int64_t{1});
  graph->value(node.outputs[0]).info = graph->value(inputs[0]).info;
  graph->nodes.push_back(node);
  return node.outputs[0];
}

// Nodes of these `types` in sequence, on a tensor of shape [1, 20, 10, 8].
std::shared_ptr<const Graph> MakeGraph(const std::vector<const char*>& types) {
  auto graph = std::make_shared<Graph>();
  IoInfo input, output;
  input.name = "x";
  input.value = graph->AddValue("x");
  graph->values[0].info = {DType::kFloat32, {1, 20, 10, 8}};
  graph->inputs = {input};
  ValueId last = input.value;
  for (const char* type : types) last = AddNode(type, {last}, graph.get());
  output.name = "y";
  output.value = last;
  graph->outputs = {output};
  return graph;
}

std::unique_ptr<Plan> MakePersistentPlan(const std::vector<const char*>& types,
                                         const DeviceInfo& device,
                                         MemoryChoice memory = MemoryChoice::kBuffer) {
  PlanOptions options;
  options.memory = memory;
  options.use_persistent_kernel = true;
  StatusOr<std::unique_ptr<Plan>> plan = MakePlan(MakeGraph(types), &device, options);
  EXPECT_TRUE(plan.ok()) << plan.status().message();
  return plan.ok() ? *std::move(plan) : nullptr;
}

size_t CountSteps(const Plan& plan, Step::Kind kind) {
  size_t count = 0;
  for (const Step& step : plan.steps) count += step.kind == kind;
  return count;
}

TEST(PersistentKernel, LaunchesInARowAreOneStep) {
  const auto plan = MakePersistentPlan({"Pooling", "Activation", "Pooling"}, HostDevice());
  ASSERT_EQ(plan->persistent_launches.size(), 1u);
  EXPECT_EQ(plan->persistent_launches[0].launches.size(), plan->launches.size());
  EXPECT_EQ(plan->persistent_launches[0].units, 4);
  EXPECT_EQ(CountSteps(*plan, Step::Kind::kLaunch), 0u);
  EXPECT_EQ(CountSteps(*plan, Step::Kind::kPersistent), 1u);
  for (const PlannedLaunch& planned : plan->launches) EXPECT_TRUE(planned.is_persistent());
  ASSERT_EQ(plan->program_sources.size(), 1u);
  const std::string& text = plan->program_sources[0];
  EXPECT_NE(text.find("__kernel void persistent_kernel("), std::string::npos);
  // A kernel that became a function is not compiled as a kernel, too.
  EXPECT_EQ(text.find("#define ENTRY __kernel"), std::string::npos);
  EXPECT_NE(DumpPlan(*plan).find("launches in one"), std::string::npos);
}

TEST(PersistentKernel, OnlyWhereAskedForAndOnlyOnHosts) {
  const DeviceInfo host = HostDevice();
  PlanOptions options;
  options.memory = MemoryChoice::kBuffer;
  StatusOr<std::unique_ptr<Plan>> plan =
      MakePlan(MakeGraph({"Pooling", "Pooling"}), &host, options);
  ASSERT_TRUE(plan.ok());
  EXPECT_TRUE((*plan)->persistent_launches.empty());
  DeviceInfo gpu = HostDevice();
  gpu.kind = DeviceKind::kGpu;
  EXPECT_TRUE(MakePersistentPlan({"Pooling", "Pooling"}, gpu)->persistent_launches.empty());
  DeviceInfo slow_compiler = HostDevice();
  slow_compiler.vendor = DeviceVendor::kIntel;
  EXPECT_TRUE(
      MakePersistentPlan({"Pooling", "Pooling"}, slow_compiler)->persistent_launches.empty());
  DeviceInfo apart = HostDevice();
  apart.host_unified_memory = false;
  EXPECT_TRUE(MakePersistentPlan({"Pooling", "Pooling"}, apart)->persistent_launches.empty());
}

TEST(PersistentKernel, OneLaunchAloneStaysALaunch) {
  PlanOptions options;
  options.use_persistent_kernel = true;
  const DeviceInfo host = HostDevice();
  const auto plan = MakePersistentPlan({"Activation"}, host);
  const size_t launches = CountSteps(*plan, Step::Kind::kLaunch);
  EXPECT_EQ(plan->persistent_launches.empty(), launches == plan->launches.size());
}

TEST(PersistentKernel, ImagesAreNotTaken) {
  const auto plan = MakePersistentPlan({"Pooling", "Pooling"}, HostDevice(), MemoryChoice::kImage);
  for (const PlannedLaunch& planned : plan->launches) {
    EXPECT_FALSE(planned.is_persistent() && planned.launch.kernel.storage == Storage::kImage);
  }
  EXPECT_GT(CountSteps(*plan, Step::Kind::kLaunch), 0u);
}

TEST(PersistentKernel, ANodeOnTheCpuEndsIt) {
  // Uploads of inputs and steps on the CPU lie between the launches.
  auto plan = MakePersistentPlan({"Pooling", "Pooling"}, HostDevice());
  plan->persistent_launches.clear();
  plan->steps.clear();
  for (int launch : {0, 1}) plan->steps.push_back({Step::Kind::kLaunch, launch});
  plan->steps.push_back({Step::Kind::kCpu, 0});
  plan->steps.push_back({Step::Kind::kLaunch, 0});
  FindPersistentLaunches(HostDevice(), plan.get());
  ASSERT_EQ(plan->steps.size(), 3u);
  EXPECT_EQ(plan->steps[0].kind, Step::Kind::kPersistent);
  EXPECT_EQ(plan->steps[1].kind, Step::Kind::kCpu);
  EXPECT_EQ(plan->steps[2].kind, Step::Kind::kLaunch);
}

TEST(PersistentKernel, ItemsThatShareAResultAreNotTaken) {
  auto plan = MakePersistentPlan({"Pooling", "Pooling"}, HostDevice());
  plan->persistent_launches.clear();
  plan->steps = {{Step::Kind::kLaunch, 0}, {Step::Kind::kLaunch, 1}};
  plan->launches[1].launch.kernel.macros["GROUP"] = "8";
  FindPersistentLaunches(HostDevice(), plan.get());
  EXPECT_TRUE(plan->persistent_launches.empty());
}

TEST(PersistentKernel, WeightsBeyondOneBufferAreNotTaken) {
  DeviceInfo device = HostDevice();
  auto plan = MakePersistentPlan({"Pooling", "Pooling"}, device);
  EXPECT_TRUE(WeightsFitOneBuffer(*plan, device));
  PackedWeights weights;
  weights.elements = size_t{1} << 28;
  weights.keep_float32 = true;
  plan->weights.push_back(weights);
  EXPECT_FALSE(WeightsFitOneBuffer(*plan, device));
}

TEST(PersistentKernel, TheTableSaysWhatEachLaunchNeeds) {
  const auto plan = MakePersistentPlan({"Pooling", "Activation"}, HostDevice());
  ASSERT_EQ(plan->persistent_launches.size(), 1u);
  const PersistentLaunch& persistent = plan->persistent_launches[0];
  const std::vector<int32_t> table =
      PersistentLaunchTable(*plan, persistent, std::vector<size_t>(plan->weights.size()));
  const std::vector<KernelInstance> kernels = PersistentFunctions(*plan);
  size_t arguments_at = persistent.launches.size() * kPersistentHeaderInts;
  for (size_t i = 0; i < persistent.launches.size(); ++i) {
    const Launch& launch = plan->launches[static_cast<size_t>(persistent.launches[i])].launch;
    const int32_t* header = table.data() + i * kPersistentHeaderInts;
    EXPECT_EQ(kernels[static_cast<size_t>(header[0])].function_name(),
              launch.kernel.function_name());
    const int64_t items =
        static_cast<int64_t>(launch.global[0] * launch.global[1] * launch.global[2]);
    EXPECT_EQ(header[3], items);
    EXPECT_GE(int64_t{header[1]} * header[2], items);
    EXPECT_LT(int64_t{header[1] - 1} * header[2], items);
    for (int axis = 0; axis < 3; ++axis) {
      EXPECT_EQ(header[4 + axis], static_cast<int32_t>(launch.global[static_cast<size_t>(axis)]));
    }
    EXPECT_EQ(static_cast<size_t>(header[7]), arguments_at);
    for (const KernelArgument& argument : launch.arguments) {
      const auto* tensor = std::get_if<TensorArgument>(&argument);
      const bool described = tensor != nullptr && (tensor->kind == TensorArgument::Kind::kInput ||
                                                   tensor->kind == TensorArgument::Kind::kOutput);
      arguments_at += described ? 4 : 1;
    }
  }
  EXPECT_EQ(table.size(), arguments_at);
}

}  // namespace
}  // namespace mace
