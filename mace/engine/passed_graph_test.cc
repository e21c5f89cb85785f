#include "mace/engine/passed_graph.h"

#include <gtest/gtest.h>

#include <string>

#include "mace/engine/model_state.h"
#include "mace/testing/small_model.h"

namespace mace {
namespace {

TEST(PassedGraph, IsTheGraphThatPassesWithADeviceMake) {
  const auto model = LoadModelState("models/digits/digits.pb", LoadOptions());
  ASSERT_TRUE(model.ok()) << model.status().message();
  const Graph& imported = *(*model)->graph;
  const std::shared_ptr<PassedGraph> ahead = PassAhead(imported, {});
  ASSERT_NE(nullptr, ahead);
  const std::string found = DumpGraph(*ahead->graph);
  for (const bool integer_kernels : {false, true}) {
    const auto expected = InferAndPass(imported, {}, integer_kernels);
    ASSERT_TRUE(expected.ok()) << expected.status().message();
    EXPECT_EQ(DumpGraph(**expected), found);
  }
  EXPECT_TRUE(ahead->constants.CheckReads().ok());
}

TEST(PassedGraph, IsNotMadeWhereItDependsOnTheDevice) {
  Graph graph = *MakeSmallModel();
  graph.nodes[0].type = "Unary";
  graph.nodes[0].attributes.Set("function", std::string("round_to_int8"));
  EXPECT_EQ(nullptr, PassAhead(graph, {}));
}

TEST(PassedGraph, IsNotMadeWhereThePassesFail) {
  EXPECT_EQ(nullptr, PassAhead(*MakeSmallModel(), {{"no such input", Shape({1})}}));
}

}  // namespace
}  // namespace mace
