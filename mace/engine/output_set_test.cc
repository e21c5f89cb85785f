// Which sets of outputs have plans of their own, and which nodes the graphs of these plans keep.
#include "mace/engine/output_set.h"

#include <gtest/gtest.h>

#include "mace/testing/small_model.h"

namespace mace {
namespace {

// x -> tanh -> sigmoid -> y. A second output, z, is the value between tanh and sigmoid or, with
// `is_branch`, the output of another tanh node.
Graph TwoOutputs(bool is_branch) {
  Graph graph = *MakeSmallModel();
  IoInfo z;
  z.name = "z";
  z.value = graph.nodes[0].outputs[0];
  if (is_branch) {
    Node node = graph.nodes[0];
    node.name = "branch";
    z.value = graph.AddValue("branch");
    node.outputs = {z.value};
    graph.nodes.push_back(node);
  }
  graph.outputs.push_back(z);
  return graph;
}

TEST(OutputSet, HasAPlanOfItsOwnWhereThatLeavesNodesOut) {
  const Graph chain = TwoOutputs(false), branches = TwoOutputs(true);
  EXPECT_EQ(OutputSet(), OutputsToPlan(chain, {true, true}));
  EXPECT_EQ(OutputSet(), OutputsToPlan(chain, {true, false}));
  EXPECT_EQ((OutputSet{false, true}), OutputsToPlan(chain, {false, true}));
  EXPECT_EQ((OutputSet{true, false}), OutputsToPlan(branches, {true, false}));
}

TEST(OutputSet, HasTheIndicesOfItsMembers) {
  EXPECT_EQ((std::vector<size_t>{0, 1}), IndicesOf(OutputSet(), 2));
  EXPECT_EQ((std::vector<size_t>{1}), IndicesOf({false, true}, 2));
}

TEST(OutputSet, IsAllThatItsGraphGives) {
  const Graph branches = TwoOutputs(true);
  const StatusOr<std::shared_ptr<const Graph>> part = WithOutputs(branches, {false, true});
  ASSERT_TRUE(part.ok()) << part.status().message();
  ASSERT_EQ(1u, (*part)->nodes.size());
  EXPECT_EQ("branch", (*part)->nodes[0].name);
  ASSERT_EQ(1u, (*part)->outputs.size());
  EXPECT_EQ("z", (*part)->outputs[0].name);
  EXPECT_EQ((*part)->nodes[0].outputs[0], (*part)->outputs[0].value);
  EXPECT_EQ(1u, (*part)->inputs.size());
  EXPECT_EQ(3u, branches.nodes.size());
}

}  // namespace
}  // namespace mace
