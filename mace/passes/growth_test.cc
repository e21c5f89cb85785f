// Graphs of many nodes in the shapes that would make a pass slow: work that grows with the square
// of the nodes takes hours here, and the test's time limit ends it.
#include "mace/passes/pass.h"
#include "mace/testing/passes/pass_tester.h"

namespace mace {
namespace {

constexpr int kMany = 50000;

ValueId Unary(TestGraphBuilder* builder, ValueId x, const std::string& function) {
  return builder->Add("Unary", {x}, {{"function", function}});
}

Graph RunAll(TestGraphBuilder* builder) {
  Graph graph = builder->Build();
  const Status status = RunPasses(&graph);
  EXPECT_TRUE(status.ok()) << status.message();
  return graph;
}

TEST(Growth, AChain) {
  TestGraphBuilder builder;
  ValueId x = builder.Input({4});
  for (int i = 0; i < kMany; ++i) x = Unary(&builder, x, i % 2 == 0 ? "exp" : "sin");
  builder.Output(x);
  EXPECT_LT(RunAll(&builder).nodes.size(), size_t{kMany});
}

}  // namespace
}  // namespace mace
