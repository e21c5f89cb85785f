// Variants as a planning stage: found without a device, chosen by id, and run as chosen.
#include "mace/plan/variants.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "mace/plan/choose_by_cost.h"
#include "mace/plan/plan.h"
#include "mace/plan/signature.h"
#include "mace/testing/fake_gpu.h"
#include "mace/testing/test_graph.h"

namespace mace {
namespace {

DeviceInfo Gpu() {
  DeviceInfo device = FakeH100();
  device.max_allocation_bytes = size_t{1} << 30;
  return device;
}

// y = relu(conv(x)), after each planning stage.
struct Stages : TestGraph {
  Stages() : TestGraph({1, 14, 14, 32}) {
    Add("Conv2D", "conv", {graph.inputs[0].value, Constant("w", {64, 32, 3, 3})});
    Add("Activation", "relu", {last()}, {{"activation", std::string("RELU")}});
    Output("y", last());
    bound = *BindGraph(std::make_shared<Graph>(graph));
    device = Gpu();
    variants = *FindVariants(bound, &device, options);
  }

  StatusOr<std::unique_ptr<Plan>> PlanOf(const std::vector<std::string>& ids) const {
    MACE_ASSIGN_OR_RETURN(const Choice choice, ChooseByIds(graph, variants, ids));
    return MakePlan(bound, variants, choice, options);
  }

  const std::vector<KernelVariant>& of(size_t node) const { return variants.nodes[node].variants; }

  BoundGraph bound;
  DeviceInfo device;
  PlanOptions options;
  GraphVariants variants;
};

TEST(Variants, AreFoundWithoutADevice) {
  const Stages test;
  ASSERT_EQ(test.variants.nodes.size(), 2u);
  EXPECT_GE(test.of(0).size(), 2u);
  for (size_t n : {0, 1}) {
    ASSERT_GE(test.of(n).size(), 1u);
    EXPECT_EQ(test.variants.nodes[n].why, "");
    for (const KernelVariant& variant : test.of(n)) EXPECT_LT(variant.measured_ms, 0);
  }
}

TEST(Variants, ThereAreNoneForTheCpu) {
  const Stages test;
  const StatusOr<GraphVariants> variants = FindVariants(test.bound, nullptr, test.options);
  ASSERT_TRUE(variants.ok());
  EXPECT_FALSE(variants->device.has_value());
  for (const NodeVariants& none : variants->nodes) {
    EXPECT_TRUE(none.variants.empty());
    EXPECT_EQ(none.why, "the device is the CPU");
  }
}

TEST(Variants, SayWhyThereIsNone) {
  TestGraph test({4});
  // Floats do not tell so many places apart.
  test.Add("OneHot", "marks", {test.graph.inputs[0].value}, {{"depth", int64_t{1} << 25}});
  test.Output("y", test.last());
  const BoundGraph bound = *BindGraph(std::make_shared<Graph>(test.graph));
  const DeviceInfo device = Gpu();
  const StatusOr<GraphVariants> variants = FindVariants(bound, &device, PlanOptions());
  ASSERT_TRUE(variants.ok());
  EXPECT_TRUE(variants->nodes[0].variants.empty());
  EXPECT_NE(variants->nodes[0].why, "");
}

TEST(Variants, PrecisionsAreForEachNode) {
  Stages test;
  test.options.precisions = {Precision::kFloat16};
  const Status status = FindVariants(test.bound, &test.device, test.options).status();
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "precisions: expected 2, found 1");
  test.options.precisions.push_back(Precision::kFloat32);
  const StatusOr<GraphVariants> variants = FindVariants(test.bound, &test.device, test.options);
  ASSERT_TRUE(variants.ok());
  EXPECT_EQ(variants->nodes[0].variants[0].precision, Precision::kFloat16);
  EXPECT_EQ(variants->nodes[1].variants[0].precision, Precision::kFloat32);
}

TEST(Variants, ExcludedOnesAreNotOffered) {
  Stages test;
  const std::string chosen = VariantKind(test.of(0)[0]);
  test.options.excluded.Add(chosen);
  const StatusOr<GraphVariants> variants = FindVariants(test.bound, &test.device, test.options);
  ASSERT_TRUE(variants.ok());
  EXPECT_FALSE(variants->nodes[0].variants.empty());
  EXPECT_LT(variants->nodes[0].variants.size(), test.of(0).size());
  for (const KernelVariant& variant : variants->nodes[0].variants) {
    EXPECT_NE(VariantKind(variant), chosen);
  }
  EXPECT_EQ(variants->nodes[1].variants.size(), test.of(1).size());
}

// The node is computed on the CPU, and the placement says why.
TEST(Variants, ANodeWithoutAnyRunsOnTheCpu) {
  Stages test;
  for (const KernelVariant& variant : test.of(0)) test.options.excluded.Add(VariantKind(variant));
  const auto plan = MakePlan(test.bound, &test.device, test.options);
  ASSERT_TRUE(plan.ok()) << plan.status().message();
  EXPECT_EQ((*plan)->placements[0].place, NodePlacement::Place::kCpu);
  EXPECT_NE((*plan)->placements[0].why.find(" is not used on this device"), std::string::npos);
  EXPECT_NE((*plan)->placements[1].place, NodePlacement::Place::kCpu);
}

TEST(Variants, TheirKindHasStorageAndPrecision) {
  KernelVariant variant;
  variant.name = "conv2d_1x1";
  EXPECT_EQ(VariantKind(variant), "conv2d_1x1 buffer f32");
  variant.outputs.resize(1);
  variant.outputs[0].storage = Storage::kImage;
  variant.precision = Precision::kFloat16;
  EXPECT_EQ(VariantKind(variant), "conv2d_1x1 image f16");
}

TEST(Choice, IsWhatThePlanRuns) {
  const Stages test;
  const std::string relu = VariantId(test.of(1)[0]);
  for (const KernelVariant& conv : test.of(0)) {
    const StatusOr<std::unique_ptr<Plan>> plan = test.PlanOf({VariantId(conv), relu});
    ASSERT_TRUE(plan.ok()) << plan.status().message();
    EXPECT_EQ((*plan)->placements[0].variant_id, VariantId(conv));
    EXPECT_TRUE((*plan)->placements[0].rejected.empty()) << "nothing was weighed";
    const size_t launches = static_cast<size_t>(
        std::count_if((*plan)->launches.begin(), (*plan)->launches.end(),
                      [](const PlannedLaunch& planned) { return planned.node == 0; }));
    EXPECT_EQ(launches, conv.launches.size());
  }
}

TEST(Choice, MayBeTheCpu) {
  const Stages test;
  const StatusOr<std::unique_ptr<Plan>> plan = test.PlanOf({"", VariantId(test.of(1)[0])});
  ASSERT_TRUE(plan.ok()) << plan.status().message();
  EXPECT_EQ((*plan)->placements[0].place, NodePlacement::Place::kCpu);
  EXPECT_NE((*plan)->placements[1].place, NodePlacement::Place::kCpu);
}

TEST(Choice, MayHaveOtherWorkGroupSizes) {
  const Stages test;
  std::vector<KernelVariant> sized = test.of(1);
  AddWorkGroupSizes(test.device, &sized);
  ASSERT_GT(sized.size(), test.of(1).size());
  const KernelVariant& wanted = sized.back();
  const StatusOr<std::unique_ptr<Plan>> plan =
      test.PlanOf({VariantId(test.of(0)[0]), VariantId(wanted)});
  ASSERT_TRUE(plan.ok()) << plan.status().message();
  EXPECT_EQ((*plan)->placements[1].variant_id, VariantId(wanted));
  for (const PlannedLaunch& planned : (*plan)->launches) {
    if (planned.node != 1) continue;
    EXPECT_EQ(planned.launch.local, wanted.launches[0].local);
  }
}

TEST(Choice, ThatIsNotOfferedNamesNodeAndVariant) {
  const Stages test;
  const Status status = test.PlanOf({"conv2d_of_yesterday:0123", ""}).status();
  EXPECT_EQ(status.code(), StatusCode::kNotFound);
  EXPECT_EQ(status.message(),
            "node 'conv' (Conv2D): variant 'conv2d_of_yesterday:0123' is not offered");
  Choice choice;
  choice.nodes = {NodeChoice{99, {}}, NodeChoice()};
  const Status by_index = MakePlan(test.bound, test.variants, choice, test.options).status();
  EXPECT_EQ(by_index.code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(by_index.message().find("node 'conv' (Conv2D): variant 99 is not offered"), 0u)
      << by_index.message();
  choice.nodes[0] = {0, std::vector<WorkSize>(test.of(0)[0].launches.size(), {7, 11, 13})};
  const Status sizes = MakePlan(test.bound, test.variants, choice, test.options).status();
  EXPECT_EQ(sizes.code(), StatusCode::kInvalidArgument);
  EXPECT_NE(sizes.message().find("no work-groups of this size"), std::string::npos)
      << sizes.message();
}

TEST(Choice, OfAnotherGraphIsRefused) {
  const Stages test;
  EXPECT_EQ(ChooseByIds(test.graph, test.variants, {""}).status().code(),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(MakePlan(test.bound, test.variants, Choice(), test.options).status().code(),
            StatusCode::kInvalidArgument);
}

TEST(Choice, ByCostIsWhatAPlanInOneCallHas) {
  const Stages test;
  const Choice choice = ChooseByCost(test.graph, test.variants);
  const StatusOr<std::unique_ptr<Plan>> stages =
      MakePlan(test.bound, test.variants, choice, test.options);
  const StatusOr<std::unique_ptr<Plan>> at_once =
      MakePlan(test.bound.graph, &test.device, test.options);
  ASSERT_TRUE(stages.ok() && at_once.ok());
  EXPECT_EQ(DumpPlan(**stages), DumpPlan(**at_once));
}

TEST(Measured, TimesGoToTheirVariants) {
  const Stages test;
  std::vector<KernelVariant> variants = test.of(1), sized = test.of(1);
  AddWorkGroupSizes(test.device, &sized);
  ASSERT_GT(sized.size(), variants.size());
  const std::string other = VariantId(sized.back()), own = VariantId(variants[0]);
  SetMeasured(
      test.device,
      [&](const std::string& id) -> std::optional<double> {
        if (id == own) return 2;
        if (id == other) return 1;
        return std::nullopt;
      },
      &variants);
  ASSERT_EQ(variants.size(), test.of(1).size() + 1);
  EXPECT_EQ(variants[0].measured_ms, 2);
  for (size_t v = 1; v + 1 < variants.size(); ++v) EXPECT_LT(variants[v].measured_ms, 0);
  EXPECT_EQ(variants.back().measured_ms, 1);
  EXPECT_EQ(VariantId(variants.back()), other);
}

}  // namespace
}  // namespace mace
