// Where the host checks indices before a device uses them.
#include "mace/plan/check_indices.h"

#include "mace/testing/test_graph.h"

namespace mace {
namespace {

// x: floats of shape [4, 6]. k: integers of shape [2].
struct Choice : TestGraph {
  Choice() : TestGraph({4, 6}) {
    IoInfo input;
    input.name = "k";
    input.dtype = DType::kInt64;
    input.value = graph.AddValue("k");
    graph.value(input.value).info = {DType::kInt64, Shape{2}};
    graph.value(input.value).shape_known = true;
    graph.inputs.push_back(input);
  }
  ValueId k() const { return graph.inputs[1].value; }

  std::vector<std::string> Checked() {
    const Status status = CheckIndices(&graph);
    EXPECT_TRUE(status.ok()) << status.message();
    const Status valid = ValidateGraph(graph);
    EXPECT_TRUE(valid.ok()) << valid.message();
    return Types();
  }
};

using Names = std::vector<std::string>;

TEST(CheckIndicesTest, OfTheCallerIntoAnActivation) {
  Choice choice;
  choice.Add("Activation", "relu", {choice.x()}, {{"activation", std::string("RELU")}});
  const ValueId relu = choice.last();
  choice.Add("Gather", "rows", {relu, choice.k()});
  choice.Add("Gather", "again", {relu, choice.k()});
  // One check serves both nodes, which index the same axis.
  EXPECT_EQ(choice.Checked(), (Names{"Activation", "NormalizeIndices", "Gather", "Gather"}));
  const Graph& graph = choice.graph;
  EXPECT_EQ(graph.nodes[1].attributes.GetInts("extents"), (std::vector<int64_t>{4}));
  EXPECT_EQ(graph.nodes[2].inputs[1], graph.nodes[1].outputs[0]);
  EXPECT_EQ(graph.nodes[3].inputs[1], graph.nodes[1].outputs[0]);
}

TEST(CheckIndicesTest, AnotherAxisIsAnotherCheck) {
  Choice choice;
  choice.Add("Gather", "rows", {choice.x(), choice.k()});
  choice.Add("Gather", "columns", {choice.x(), choice.k()}, {{"axis", int64_t{-1}}});
  EXPECT_EQ(choice.Checked(), (Names{"NormalizeIndices", "Gather", "NormalizeIndices", "Gather"}));
  EXPECT_EQ(choice.graph.nodes[2].attributes.GetInts("extents"), (std::vector<int64_t>{6}));
}

// The op checks these indices itself, on the host.
TEST(CheckIndicesTest, NotOfTheCallerIntoAConstant) {
  Choice choice;
  choice.Add("Gather", "rows", {choice.Constant("table", {5, 2}), choice.k()});
  EXPECT_EQ(choice.Checked(), (Names{"Gather"}));
}

TEST(CheckIndicesTest, NotWhatCannotLeaveTheAxis) {
  for (int64_t extent : {3, 4, 6}) {
    Choice choice;
    choice.Add("ArgMax", "places", {choice.x()});  // Along an axis of 4 elements.
    choice.Add("Reshape", "flat", {choice.last()}, {{"dim", std::vector<int64_t>{6}}});
    choice.Add("Gather", "rows", {choice.Constant("table", {extent, 2}), choice.last()});
    const Names unchecked = {"ArgMax", "Reshape", "Gather"};
    const Names checked = {"ArgMax", "Reshape", "NormalizeIndices", "Gather"};
    EXPECT_EQ(choice.Checked(), extent < 4 ? checked : unchecked) << extent;
  }
}

}  // namespace
}  // namespace mace
