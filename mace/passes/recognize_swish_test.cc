#include "mace/passes/recognize_swish.h"

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

TEST(RecognizeSwish, EitherOperand) {
  for (const Attributes& sigmoid : {kSigmoid, kHardSigmoid}) {
    for (bool sigmoid_first : {false, true}) {
      TestGraphBuilder builder;
      const ValueId x = builder.Input({1, 4, 5, 3});
      const ValueId g = builder.Add("Activation", {x}, sigmoid);
      builder.Output(sigmoid_first ? builder.Add("Eltwise", {g, x}, kProduct)
                                   : builder.Add("Eltwise", {x, g}, kProduct));
      const Graph after = ExpectKeepsMeaning(builder.Build(), RecognizeSwish);
      ASSERT_EQ(after.nodes.size(), 1u);
      EXPECT_EQ(after.nodes[0].type, "Activation");
    }
  }
}

TEST(RecognizeSwish, GoesIntoTheConvolution) {
  TestGraphBuilder builder;
  const ValueId x =
      builder.Add("Conv2D", {builder.Input({1, 4, 5, 3}), builder.Constant({6, 3, 3, 3})});
  const ValueId sigmoid = builder.Add("Activation", {x}, kHardSigmoid);
  builder.Output(builder.Add("Eltwise", {x, sigmoid}, kProduct));
  const Graph swish = ExpectKeepsMeaning(builder.Build(), RecognizeSwish);
  EXPECT_EQ(ExpectKeepsMeaning(swish, FuseActivation).nodes.size(), 1u);
}

TEST(RecognizeSwish, OtherProductsStay) {
  TestGraphBuilder builder;
  const ValueId x = builder.Input({1, 4, 5, 3}), z = builder.Input({1, 4, 5, 3});
  // Three that are none: a sigmoid of another tensor, a sigmoid that is read twice, a sum.
  const ValueId sigmoid = builder.Add("Activation", {z}, kSigmoid);
  builder.Output(builder.Add("Eltwise", {x, sigmoid}, kProduct));
  const ValueId shared = builder.Add("Activation", {x}, kSigmoid);
  builder.Output(builder.Add("Eltwise", {x, shared}, kProduct));
  builder.Output(builder.Add("Eltwise", {x, shared}, {{"type", int64_t{0}}}));
  EXPECT_EQ(ExpectKeepsMeaning(builder.Build(), RecognizeSwish).nodes.size(), 5u);
}

}  // namespace
}  // namespace mace
