// The text of a choice in `mace inspect --stage=plan`.
#include <gtest/gtest.h>

#include "mace/plan/plan.h"
#include "mace/plan/signature.h"

namespace mace {
namespace {

Plan PlanOfOneNode() {
  auto graph = std::make_shared<Graph>();
  Node node;
  node.name = "a";
  node.type = "Conv2D";
  graph->nodes.push_back(node);
  Plan plan;
  plan.bound.graph = graph;
  plan.placements.resize(1);
  plan.placements[0].place = NodePlacement::Place::kGpuBuffer;
  plan.placements[0].variant = "conv2d_tiled";
  plan.placements[0].chosen = {"conv2d_tiled", 0.25, true};
  return plan;
}

bool Says(const Plan& plan, const std::string& text) {
  return DumpPlan(plan).find(text) != std::string::npos;
}

TEST(DumpPlan, NamesTheNextBestVariantAndItsTime) {
  Plan plan = PlanOfOneNode();
  EXPECT_TRUE(Says(plan, "'a' conv2d_tiled  the only variant\n")) << DumpPlan(plan);
  plan.placements[0].rejected = {{"conv2d_direct", 0.5, false}, {"conv2d_local", 1, false}};
  EXPECT_TRUE(
      Says(plan, "conv2d_tiled  0.2500 ms measured, before conv2d_direct 0.5000 ms (and 1 more)\n"))
      << DumpPlan(plan);
}

TEST(DumpPlan, SaysWhenTheChosenVariantIsDearerByItself) {
  Plan plan = PlanOfOneNode();
  plan.placements[0].rejected = {{"conv2d_direct", 0.125, true}};
  EXPECT_TRUE(Says(
      plan, "before conv2d_direct 0.1250 ms measured: cheaper with launches and conversions\n"))
      << DumpPlan(plan);
}

KernelVariant MakeVariant(const char* name, Storage storage, size_t launches) {
  KernelVariant variant;
  variant.name = name;
  variant.outputs = {{Layout::kChannels4, storage}};
  variant.launches.resize(launches);
  for (Launch& launch : variant.launches) launch.local = {8, 4, 1};
  return variant;
}

TEST(DumpVariants, AreOneLineEach) {
  Plan plan = PlanOfOneNode();
  GraphVariants variants;
  variants.nodes.resize(1);
  KernelVariant tiled = MakeVariant("conv2d_tiled", Storage::kBuffer, 1);
  tiled.estimate_ms = 0.5;
  KernelVariant winograd = MakeVariant("conv2d_winograd", Storage::kImage, 2);
  winograd.measured_ms = 0.25;
  winograd.precision = Precision::kFloat16;
  KernelVariant library = MakeVariant("conv2d_library", Storage::kBuffer, 1);
  library.needs_measurement = true;
  variants.nodes[0].variants = {tiled, winograd, library};
  plan.placements[0].variant_id = VariantId(winograd);
  EXPECT_EQ(DumpVariants(plan, variants),
            "Conv2D 'a'\n"
            "    conv2d_tiled    buffer f32 1 launch 8x4x1         0.5000 ms\n"
            "  * conv2d_winograd image  f16 2 launches 8x4x1 8x4x1 0.2500 ms measured\n"
            "    conv2d_library  buffer f32 1 launch 8x4x1         needs a measurement\n");
  variants.nodes[0] = {{}, "no kernel"};
  plan.placements[0] = NodePlacement();
  EXPECT_EQ(DumpVariants(plan, variants), "Conv2D 'a' on the CPU (no kernel)\n");
}

TEST(DumpPlan, SaysWhyANodeRunsOnTheCpu) {
  Plan plan = PlanOfOneNode();
  plan.placements[0] = NodePlacement();
  plan.placements[0].place = NodePlacement::Place::kCpu;
  plan.placements[0].why = "no kernel";
  EXPECT_TRUE(Says(plan, "cpu Conv2D 'a'  (no kernel)\n")) << DumpPlan(plan);
}

}  // namespace
}  // namespace mace
