#include "mace/graph/graph.h"

#include <gtest/gtest.h>

namespace mace {
namespace {

Node MakeNode(const std::string& name, std::vector<ValueId> inputs, std::vector<ValueId> outputs) {
  Node node;
  node.name = name;
  node.type = "Type";
  node.inputs = std::move(inputs);
  node.outputs = std::move(outputs);
  return node;
}

IoInfo MakeIo(const std::string& name, ValueId value) {
  IoInfo io;
  io.name = name;
  io.value = value;
  return io;
}

// x -> a -> y -> b -> z, with the constant c read by b.
class GraphTest : public testing::Test {
 protected:
  GraphTest() {
    x_ = graph_.AddValue("x");
    y_ = graph_.AddValue("y");
    z_ = graph_.AddValue("z");
    c_ = graph_.AddConstant("c", HostTensor::FromVector<float>(DType::kFloat32, {2}, {1, 2}));
    graph_.inputs.push_back(MakeIo("in", x_));
    graph_.outputs.push_back(MakeIo("out", z_));
    graph_.nodes = {MakeNode("a", {x_, kNoValue}, {y_}), MakeNode("b", {y_, c_, y_}, {z_})};
  }
  void ExpectInvalid(const std::string& part) {
    const Status status = ValidateGraph(graph_);
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
    EXPECT_NE(status.message().find(part), std::string::npos) << status.message();
  }

  Graph graph_;
  ValueId x_, y_, z_, c_;
};

TEST_F(GraphTest, ProducersAndConsumers) {
  ASSERT_TRUE(ValidateGraph(graph_).ok()) << ValidateGraph(graph_).message();
  EXPECT_EQ(graph_.Producers(), (std::vector<int>{-1, 0, 1, -1}));
  const auto consumers = graph_.Consumers();
  EXPECT_EQ(consumers[x_], std::vector<int>{0});
  EXPECT_EQ(consumers[y_], (std::vector<int>{1, 1}));
  EXPECT_TRUE(consumers[z_].empty());
  EXPECT_EQ(consumers[c_], std::vector<int>{1});
  EXPECT_TRUE(graph_.IsConstant(c_));
  EXPECT_FALSE(graph_.IsConstant(x_));
  EXPECT_FALSE(graph_.IsConstant(kNoValue));
}

TEST_F(GraphTest, BadIndices) {
  graph_.nodes[1].inputs[0] = 99;
  ExpectInvalid("'b' (Type): input: expected a value below 4, found 99");
  graph_.nodes[1].inputs[0] = -2;
  ExpectInvalid("found -2");
  graph_.nodes[1].inputs[0] = y_;
  graph_.nodes[0].outputs[0] = kNoValue;
  ExpectInvalid("'a' (Type): output");
  graph_.nodes[0].outputs.clear();
  ExpectInvalid("expected at least one output");
}

TEST_F(GraphTest, BadIo) {
  graph_.outputs[0].value = kNoValue;
  ExpectInvalid("graph output 'out'");
  graph_.outputs[0].value = z_;
  graph_.outputs.push_back(MakeIo("out", y_));
  ExpectInvalid("found it twice");
  graph_.outputs.pop_back();
  graph_.inputs[0].value = c_;
  ExpectInvalid("graph input 'in'");
}

TEST_F(GraphTest, NamesAreUnique) {
  graph_.nodes[1].name = "a";
  ExpectInvalid("'a' (Type): expected a unique name");
}

TEST_F(GraphTest, OneProducer) {
  graph_.nodes[1].outputs = {y_};
  ExpectInvalid("only source of value 1 'y'");
  graph_.nodes[1].outputs = {c_};
  ExpectInvalid("only source of value 3 'c'");
  graph_.nodes[1].outputs = {x_};
  ExpectInvalid("only source of value 0 'x'");
}

TEST_F(GraphTest, ReadBeforeMade) {
  std::swap(graph_.nodes[0], graph_.nodes[1]);
  ExpectInvalid("'b' (Type): expected input value 1 'y' to be made before");
}

TEST_F(GraphTest, OutputThatNothingMakes) {
  graph_.outputs[0].value = graph_.AddValue("lost");
  ExpectInvalid("graph output 'out'");
}

TEST_F(GraphTest, ConstantsAgreeWithTheirInfo) {
  graph_.value(c_).info.shape = {3};
  ExpectInvalid("'c': expected its constant's float32 [2]");
}

TEST_F(GraphTest, SortKeepsTheOrderOfIndependentNodes) {
  const ValueId p = graph_.AddValue("p"), q = graph_.AddValue("q");
  graph_.nodes = {MakeNode("b", {y_, c_}, {z_}), MakeNode("p", {x_}, {p}),
                  MakeNode("a", {x_}, {y_}), MakeNode("q", {x_}, {q})};
  ASSERT_TRUE(SortTopologically(&graph_).ok());
  std::string order;
  for (const Node& node : graph_.nodes) order += node.name;
  EXPECT_EQ(order, "pabq");
  EXPECT_TRUE(ValidateGraph(graph_).ok());
  ASSERT_TRUE(SortTopologically(&graph_).ok());
  EXPECT_EQ(graph_.nodes[2].name, "b");
}

TEST_F(GraphTest, SortRefusesCyclesAndLeavesTheNodes) {
  graph_.nodes[0].inputs = {z_};
  const Status cycle = SortTopologically(&graph_);
  EXPECT_EQ(cycle.code(), StatusCode::kInvalidArgument);
  EXPECT_NE(cycle.message().find("cycle"), std::string::npos);
  EXPECT_EQ(graph_.nodes[1].name, "b");
  graph_.nodes[0].inputs = {y_};
  EXPECT_NE(SortTopologically(&graph_).message().find("'a'"), std::string::npos);
}

TEST_F(GraphTest, SortRefusesWhatNothingMakes) {
  graph_.nodes[0].inputs = {graph_.AddValue("lost")};
  EXPECT_NE(SortTopologically(&graph_).message().find("'a' (Type): expected a node to make"),
            std::string::npos);
  graph_.nodes[0].inputs = {77};
  EXPECT_FALSE(SortTopologically(&graph_).ok());
  graph_.nodes[0].inputs = {x_};
  graph_.nodes[1].outputs = {y_};
  EXPECT_FALSE(SortTopologically(&graph_).ok());
}

TEST_F(GraphTest, DumpIsOneLineANode) {
  graph_.value(x_).info = {DType::kFloat32, {1, 2}};
  graph_.value(x_).shape_known = true;
  graph_.nodes[0].attributes.Set("strides", std::vector<int64_t>{1, 2});
  graph_.nodes[0].attributes.Set("scale", 0.5);
  graph_.nodes[1].name = "line\nbreak";
  EXPECT_EQ(DumpGraph(graph_),
            "input in: %0 x float32[1, 2] float32 NONE\n"
            "Type a: %0 x float32[1, 2], - -> %1 y {scale=0.5, strides=[1, 2]}\n"
            "Type line\\x0abreak: %1 y, %3 c const float32[2], %1 y -> %2 z\n"
            "output out: %2 z float32 NONE\n");
}

}  // namespace
}  // namespace mace
