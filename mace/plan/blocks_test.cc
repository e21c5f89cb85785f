// Layouts in blocks of channels within a plan: which formats have the same bytes, how a
// concatenation is sliced, and when conversions pay. No device is used.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "mace/plan/choose_by_cost.h"
#include "mace/plan/plan.h"
#include "mace/plan/tensor_formats.h"
#include "mace/testing/test_graph.h"

namespace mace {
namespace {

constexpr TensorFormat kRowMajor = {Layout::kRowMajor, Storage::kBuffer};
constexpr TensorFormat kChannels4 = {Layout::kChannels4, Storage::kBuffer};
constexpr TensorFormat kBlocks8 = {Layout::kBlocks8, Storage::kBuffer};
constexpr TensorFormat kBlocks16 = {Layout::kBlocks16, Storage::kBuffer};

DeviceInfo WideCpu() {
  DeviceInfo device;
  device.kind = DeviceKind::kCpu;
  device.compute_units = 2;
  device.preferred_float_width = 16;
  device.max_work_group_size = 4096;
  for (size_t& size : device.max_work_item_sizes) size = 4096;
  device.max_allocation_bytes = size_t{1} << 30;
  return device;
}

TEST(Blocks, OneBlockOrOnePositionIsTheSameBytes) {
  EXPECT_TRUE(SameBytes({2, 3, 5, 16}, kChannels4, kBlocks16));
  EXPECT_TRUE(SameBytes({2, 3, 5, 16}, kBlocks16, kRowMajor));
  EXPECT_TRUE(SameBytes({1, 1, 1, 48}, kChannels4, kBlocks16));
  EXPECT_FALSE(SameBytes({1, 1, 1, 40}, kChannels4, kBlocks16));
  EXPECT_TRUE(SameBytes({1, 1, 1, 40}, kChannels4, kBlocks8));
  EXPECT_FALSE(SameBytes({2, 1, 1, 48}, kChannels4, kBlocks16));
  EXPECT_FALSE(SameBytes({2, 3, 5, 12}, kChannels4, kBlocks16));
  EXPECT_FALSE(SameBytes({2, 3, 5, 16}, kBlocks8, kBlocks16));
  EXPECT_TRUE(SameBytes({2, 3, 5, 12}, kBlocks16, kBlocks16));
}

// Removes the other variants of a node that has variants in blocks.
void KeepBlocks(std::vector<KernelVariant>* variants) {
  std::vector<KernelVariant> kept;
  for (const KernelVariant& variant : *variants) {
    if (variant.name.find("_blocks16") != std::string::npos) kept.push_back(variant);
  }
  if (!kept.empty()) *variants = kept;
}

struct Branches : TestGraph {
  // Independent convolutions of x with `channels` output channels each.
  explicit Branches(const std::vector<int64_t>& channels) : TestGraph({2, 7, 6, 32}) {
    std::vector<ValueId> parts;
    for (size_t i = 0; i < channels.size(); ++i) {
      const std::string name = "part" + std::to_string(i);
      Add("Conv2D", name.c_str(),
          {graph.inputs[0].value, Constant(("w" + name).c_str(), {channels[i], 32, 1, 1})});
      parts.push_back(graph.nodes.back().outputs[0]);
    }
    Add("Concat", "whole", parts);
    Output("y", graph.nodes.back().outputs[0]);
  }

  std::unique_ptr<Plan> PlanInBlocks() {
    PlanOptions options;
    options.memory = MemoryChoice::kBuffer;
    const DeviceInfo device = WideCpu();
    const BoundGraph bound = *BindGraph(std::make_shared<Graph>(graph));
    GraphVariants variants = *FindVariants(bound, &device, options);
    for (NodeVariants& offered : variants.nodes) KeepBlocks(&offered.variants);
    StatusOr<std::unique_ptr<Plan>> plan =
        MakePlan(bound, variants, ChooseByCost(graph, variants), options);
    EXPECT_TRUE(plan.ok()) << plan.status().message();
    return plan.ok() ? *std::move(plan) : nullptr;
  }
};

int Conversions(const Plan& plan) {
  int count = 0;
  for (const PlannedLaunch& launch : plan.launches) count += launch.node < 0 ? 1 : 0;
  return count;
}

TEST(Blocks, AConcatenationIsMadeInPlace) {
  Branches branches({16, 32, 20});
  const std::unique_ptr<Plan> plan = branches.PlanInBlocks();
  ASSERT_NE(plan, nullptr);
  EXPECT_EQ(plan->placements[3].variant, "concat_slices_blocks16");
  EXPECT_EQ(Conversions(*plan), 2) << "x, and y for the host";
  const int64_t pitch = 2 * 7 * 6 * 16;
  const std::vector<int64_t> offsets = {0, pitch, 3 * pitch};
  int region = -1;
  for (size_t i = 0; i < offsets.size(); ++i) {
    for (const DeviceTensor& tensor : plan->tensors) {
      if (tensor.value != branches.graph.nodes[i].outputs[0]) continue;
      EXPECT_EQ(tensor.offset, offsets[i]) << i;
      EXPECT_EQ(tensor.pitch, pitch) << i;
      EXPECT_TRUE(region < 0 || region == tensor.region) << i;
      region = tensor.region;
    }
  }
  ASSERT_GE(region, 0);
  // 68 channels make five blocks; loads may read beyond the end.
  EXPECT_EQ(plan->regions[static_cast<size_t>(region)].bytes, size_t{5 * pitch * 4 + 64});
}

TEST(Blocks, ASliceWithinABlockIsNone) {
  const std::unique_ptr<Plan> plan = Branches({20, 32}).PlanInBlocks();
  ASSERT_NE(plan, nullptr);
  EXPECT_EQ(plan->placements[2].variant.find("blocks16"), std::string::npos);
  // x, both parts, and y. channels4 without padding equals the host's format and needs no
  // conversion.
  EXPECT_EQ(Conversions(*plan), 3);
}

// The chosen variant of a convolution between two host tensors, whose two variants differ in layout
// only.
std::string Chosen(double in_channels4_ms, double in_blocks_ms) {
  TestGraph test({1, 56, 56, 64});
  test.Add("Conv2D", "conv", {test.graph.inputs[0].value, test.Constant("w", {64, 64, 1, 1})});
  test.Output("y", test.graph.nodes[0].outputs[0]);
  GraphVariants variants;
  variants.device = WideCpu();
  variants.nodes.resize(1);
  for (const TensorFormat& format : {kChannels4, kBlocks16}) {
    KernelVariant variant;
    variant.name = LayoutName(format.layout);
    variant.inputs = {format, format};
    variant.outputs = {format};
    variant.measured_ms = format == kChannels4 ? in_channels4_ms : in_blocks_ms;
    variants.nodes[0].variants.push_back(variant);
  }
  const int chosen = ChooseByCost(test.graph, variants).nodes[0].variant;
  return variants.nodes[0].variants[static_cast<size_t>(chosen)].name;
}

// The conversions move 803 kB and take about 0.8 ms on a CPU.
TEST(Blocks, ConversionsCount) {
  EXPECT_EQ(Chosen(5, 4.5), "channels4");
  EXPECT_EQ(Chosen(5, 3), "blocks16");
}

}  // namespace
}  // namespace mace
