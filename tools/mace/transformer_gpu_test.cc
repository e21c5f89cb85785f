// The blocks of models/make_transformer.py, whose layer norms and GELUs are written out, against
// the script's own answers in double; their elementwise nodes are few launches.
#include <gtest/gtest.h>

#include <set>

#include "mace/plan/plan.h"
#include "tools/mace/reference_cases.h"
#include "tools/mace/test_support.h"

namespace mace {
namespace {

ReferenceCase Transformer() {
  ReferenceCase reference;
  reference.name = "transformer";
  reference.model = MadeModel("transformer.onnx");
  reference.sets.resize(1);
  reference.sets[0].inputs["data"] = MadeModel("transformer_input.npy");
  reference.sets[0].outputs["output"] = MadeModel("transformer_expected.npy");
  reference.max_relative_error = 1e-5;
  return reference;
}

TEST(Transformer, OnTheCpu) {
  Options options;
  options.device = "cpu";
  CheckCase(Transformer(), options);
}

class TransformerOnTheDevice : public testing::TestWithParam<MemoryChoice> {};

TEST_P(TransformerOnTheDevice, IsRight) {
  if (!HasOpenClDevice()) GTEST_SKIP() << "no OpenCL device";
  for (Precision precision : {Precision::kFloat32, Precision::kFloat16}) {
    Options options;
    options.memory = GetParam();
    options.precision = precision;
    options.allow_fallback = false;
    CheckCase(Transformer(), options);
  }
}

INSTANTIATE_TEST_SUITE_P(Memory, TransformerOnTheDevice,
                         testing::Values(MemoryChoice::kBuffer, MemoryChoice::kImage),
                         [](const auto& info) {
                           return info.param == MemoryChoice::kImage ? "Image" : "Buffer";
                         });

// Of each block's two layer norms: Pow, Add with Sqrt, the rest; of its GELU one; and what adds up.
TEST(Transformer, ElementwiseNodesAreFewLaunches) {
  if (!HasOpenClDevice()) GTEST_SKIP() << "no OpenCL device";
  const std::unique_ptr<Engine> engine = MakeEngine(Transformer().model, Options());
  ASSERT_NE(engine, nullptr);
  const Plan& plan = engine->plan();
  size_t steps = 0;
  std::set<int> launched;
  for (const PlannedLaunch& launch : plan.launches) launched.insert(launch.node);
  for (size_t n = 0; n < plan.bound.graph->nodes.size(); ++n) {
    const Node& node = plan.bound.graph->nodes[n];
    EXPECT_NE(node.type, "Unary") << node.name << ": a function that stands alone";
    if (node.type != "FusedElementwise") continue;
    steps += node.steps.size();
    EXPECT_EQ(launched.count(static_cast<int>(n)), 1u) << node.name;
  }
  // Two blocks: five of a GELU, and of each of five norms two below the root and three above.
  EXPECT_GE(steps, 2 * 5u + 5 * 5u);
}

}  // namespace
}  // namespace mace
