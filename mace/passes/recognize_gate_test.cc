#include "mace/passes/recognize_gate.h"

#include "mace/passes/fuse_activation.h"
#include "mace/testing/passes/pass_tester.h"

namespace mace {
namespace {

using Attributes = TestGraphBuilder::Attributes;

const Attributes kProduct = {{"type", int64_t{2}}};
const Attributes kSigmoid = {{"activation", std::string("SIGMOID")}};
const Attributes kHardSigmoid = {{"activation", std::string("HARDSIGMOID")},
                                 {"hardsigmoid_alpha", 0.3},
                                 {"hardsigmoid_beta", 0.4}};

TEST(RecognizeGate, EitherOperand) {
  for (const Attributes& gate : {kSigmoid, kHardSigmoid}) {
    for (bool gate_first : {false, true}) {
      TestGraphBuilder builder;
      const ValueId x = builder.Input({1, 4, 5, 3});
      const ValueId g = builder.Add("Activation", {x}, gate);
      builder.Output(gate_first ? builder.Add("Eltwise", {g, x}, kProduct)
                                : builder.Add("Eltwise", {x, g}, kProduct));
      const Graph after = ExpectKeepsMeaning(builder.Build(), RecognizeGate);
      ASSERT_EQ(after.nodes.size(), 1u);
      EXPECT_EQ(after.nodes[0].type, "Activation");
    }
  }
}

TEST(RecognizeGate, GoesIntoTheConvolution) {
  TestGraphBuilder builder;
  const ValueId x =
      builder.Add("Conv2D", {builder.Input({1, 4, 5, 3}), builder.Constant({6, 3, 3, 3})});
  const ValueId gate = builder.Add("Activation", {x}, kHardSigmoid);
  builder.Output(builder.Add("Eltwise", {x, gate}, kProduct));
  const Graph gated = ExpectKeepsMeaning(builder.Build(), RecognizeGate);
  EXPECT_EQ(ExpectKeepsMeaning(gated, FuseActivation).nodes.size(), 1u);
}

TEST(RecognizeGate, OtherProductsStay) {
  TestGraphBuilder builder;
  const ValueId x = builder.Input({1, 4, 5, 3}), z = builder.Input({1, 4, 5, 3});
  // Three that are none: a gate of another tensor, a gate that is read twice, a sum.
  const ValueId gate = builder.Add("Activation", {z}, kSigmoid);
  builder.Output(builder.Add("Eltwise", {x, gate}, kProduct));
  const ValueId shared = builder.Add("Activation", {x}, kSigmoid);
  builder.Output(builder.Add("Eltwise", {x, shared}, kProduct));
  builder.Output(builder.Add("Eltwise", {x, shared}, {{"type", int64_t{0}}}));
  EXPECT_EQ(ExpectKeepsMeaning(builder.Build(), RecognizeGate).nodes.size(), 5u);
}

}  // namespace
}  // namespace mace
