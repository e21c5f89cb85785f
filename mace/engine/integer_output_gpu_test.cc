// A kernel's integer output is read by the host and by another kernel.
#include <gtest/gtest.h>

#include <algorithm>

#include "mace/testing/compiled_graph.h"
#include "mace/testing/op_tester.h"

namespace mace {
namespace {

// x -> tanh -> ArgMax -> indices; OneHot of the indices -> rows.
std::shared_ptr<Graph> MakeGraph() {
  auto graph = std::make_shared<Graph>();
  const auto add_value = [&](const char* name, DType dtype, const Shape& shape) {
    const ValueId id = graph->AddValue(name);
    graph->value(id).info = {dtype, shape};
    graph->value(id).shape_known = true;
    return id;
  };
  const ValueId x = add_value("x", DType::kFloat32, {2, 3, 7});
  const ValueId y = add_value("y", DType::kFloat32, {2, 3, 7});
  const ValueId places = add_value("places", DType::kInt32, {2, 3});
  const ValueId rows = add_value("rows", DType::kFloat32, {2, 3, 7});
  Node nodes[3];
  nodes[0].type = "Activation";
  nodes[0].attributes.Set("activation", std::string("TANH"));
  nodes[1].type = "ArgMax";
  nodes[1].attributes.Set("axis", int64_t{-1});
  nodes[1].attributes.Set("keepdims", int64_t{0});
  nodes[2].type = "OneHot";
  nodes[2].attributes.Set("depth", int64_t{7});
  const ValueId made[] = {y, places, rows};
  ValueId last = x;
  for (size_t i = 0; i < 3; ++i) {
    nodes[i].name = nodes[i].type;
    nodes[i].inputs = {last};
    nodes[i].outputs = {last = made[i]};
    graph->nodes.push_back(nodes[i]);
  }
  IoInfo io;
  io.name = "x";
  io.value = x;
  graph->inputs = {io};
  for (ValueId id : {places, rows}) {
    io.name = graph->value(id).name;
    io.value = id;
    io.dtype = graph->value(id).info.dtype;
    graph->outputs.push_back(io);
  }
  return graph;
}

class IntegerOutputTest : public testing::TestWithParam<CompileOptions::Precision> {};

TEST_P(IntegerOutputTest, ArgMaxRunsOnTheDevice) {
  CompileOptions options;
  options.precision = GetParam();
  const CompiledModel compiled = CompileOrFail(MakeGraph(), options);
  EXPECT_EQ(compiled.statistics().cpu_nodes, 0u);
  for (uint32_t seed : {1u, 2u, 3u}) {
    const HostTensor x = RandomTensor({2, 3, 7}, seed);
    const auto found = RunOn(compiled, {x});
    ASSERT_TRUE(found.ok()) << found.status().message();
    const std::vector<HostTensor>& outputs = *found;
    ASSERT_EQ(outputs[0].dtype(), DType::kInt32);
    const std::vector<int64_t> places = ToInt64Vector(outputs[0]);
    for (int64_t row = 0; row < 6; ++row) {
      const float* values = x.f32() + row * 7;
      const int64_t expected = std::max_element(values, values + 7) - values;
      EXPECT_EQ(places[static_cast<size_t>(row)], expected);
      for (int64_t i = 0; i < 7; ++i) {
        EXPECT_EQ(outputs[1].f32()[row * 7 + i], i == expected ? 1.0f : 0.0f);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Precisions, IntegerOutputTest,
                         testing::Values(CompileOptions::Precision::kFloat32,
                                         CompileOptions::Precision::kFloat16));

}  // namespace
}  // namespace mace
