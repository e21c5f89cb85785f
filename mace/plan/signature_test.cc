#include "mace/plan/signature.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>

namespace mace {
namespace {

// y = softmax(reshape(x, [2, 8])), all names beginning with `prefix`.
Graph MakeGraph(const std::string& prefix) {
  Graph graph;
  const auto add_value = [&](const std::string& name, const Shape& shape) {
    const ValueId id = graph.AddValue(prefix + name);
    graph.value(id).info = {DType::kFloat32, shape};
    return id;
  };
  const ValueId x = add_value("x", {2, 2, 4});
  const ValueId shape = graph.AddConstant(
      prefix + "shape", HostTensor::FromVector(DType::kInt32, {2}, std::vector<int32_t>{2, 8}));
  const ValueId middle = add_value("middle", {2, 8});
  const ValueId y = add_value("y", {2, 8});
  Node reshape;
  reshape.name = prefix + "reshape";
  reshape.type = "Reshape";
  reshape.inputs = {x, shape};
  reshape.outputs = {middle};
  Node softmax;
  softmax.name = prefix + "softmax";
  softmax.type = "Softmax";
  softmax.attributes.Set("axis", int64_t{-1});
  softmax.inputs = {middle};
  softmax.outputs = {y};
  graph.nodes = {reshape, softmax};
  IoInfo output;
  output.name = prefix + "y";
  output.value = y;
  graph.outputs = {output};
  return graph;
}

Graph Changed(const std::function<void(Graph*)>& change) {
  Graph graph = MakeGraph("");
  change(&graph);
  return graph;
}

Node Step(const std::string& function, ValueId input) {
  Node step;
  step.type = "Unary";
  step.attributes.Set("function", function);
  step.inputs = {input};
  return step;
}

TEST(SignatureTest, NamesDoNotCount) {
  const Graph graph = MakeGraph(""), renamed = MakeGraph("other/");
  EXPECT_EQ(NodeSignature(graph, graph.nodes[0]), NodeSignature(renamed, renamed.nodes[0]));
  EXPECT_EQ(PlanSignature(graph, {}), PlanSignature(renamed, {}));
  EXPECT_EQ(PlanSignature(graph, {}).size(), 64u);
}

TEST(SignatureTest, EveryDigitOfANumberCounts) {
  const auto with = [](Attribute value) {
    return Changed(
        [&](Graph* graph) { graph->nodes[1].attributes.Set("epsilon", std::move(value)); });
  };
  const auto text = [](const Graph& graph) { return NodeSignature(graph, graph.nodes[1]); };
  EXPECT_NE(text(with(1e-7)), text(with(1e-9)));
  EXPECT_NE(text(with(1.0)), text(with(1.0 + 1e-15)));
  EXPECT_NE(text(with(std::vector<double>{0.5, 1e-7})), text(with(std::vector<double>{0.5, 1e-9})));
  EXPECT_EQ(text(with(1e-7)), text(with(1e-7)));
}

TEST(SignatureTest, WhatThePlanRestsOnCounts) {
  const std::string plain = PlanSignature(MakeGraph(""), {});
  const std::vector<Graph> others = {
      Changed([](Graph* graph) { graph->nodes[1].attributes.Set("axis", int64_t{0}); }),
      Changed([](Graph* graph) { graph->nodes[1].type = "Identity"; }),
      Changed([](Graph* graph) {
        graph->value(0).info.shape = {4, 4};
      }),
      Changed([](Graph* graph) { graph->value(0).info.dtype = DType::kInt32; }),
      Changed([](Graph* graph) { graph->nodes[1].inputs = {0}; }),
      Changed([](Graph* graph) { graph->outputs[0].value = 2; }),
      Changed([](Graph* graph) { graph->nodes[1].steps = {Step("exp", 0)}; }),
      Changed([](Graph* graph) { graph->nodes[1].steps = {Step("sin", 0)}; }),
      Changed([](Graph* graph) { graph->nodes[1].steps = {Step("sin", 1)}; }),
      Changed([](Graph* graph) {
        graph->value(1).constant =
            HostTensor::FromVector(DType::kInt32, {2}, std::vector<int32_t>{8, 2});
      }),
  };
  std::set<std::string> signatures = {plain};
  for (size_t i = 0; i < others.size(); ++i) {
    EXPECT_TRUE(signatures.insert(PlanSignature(others[i], {})).second) << i;
  }
  PlanOptions options;
  options.precision = Precision::kFloat16;
  EXPECT_NE(PlanSignature(MakeGraph(""), options), plain);
  options = PlanOptions();
  options.allow_tf32 = true;
  EXPECT_NE(PlanSignature(MakeGraph(""), options), plain);
  options = PlanOptions();
  options.memory = MemoryChoice::kImage;
  EXPECT_NE(PlanSignature(MakeGraph(""), options), plain);
  options = PlanOptions();
  options.excluded.Add("conv2d_1x1 image f32");
  const std::string without = PlanSignature(MakeGraph(""), options);
  EXPECT_NE(without, plain);
  options.excluded.Add("conv2d_1x1 buffer f32");
  EXPECT_NE(PlanSignature(MakeGraph(""), options), without);
}

TEST(SignatureTest, AVariantIsItsFormatsKernelsAndSizes) {
  KernelVariant variant;
  variant.name = "softmax_channels";
  variant.inputs = variant.outputs = {TensorFormat()};
  variant.launches.emplace_back();
  variant.launches[0].kernel.source = "softmax.cl";
  variant.launches[0].kernel.base_name = "softmax_channels";
  const std::string plain = VariantId(variant);
  EXPECT_EQ(plain.substr(0, 17), "softmax_channels:");
  KernelVariant same = variant;
  same.estimate_ms = 3;
  same.launches[0].global = {7, 1, 1};
  EXPECT_EQ(VariantId(same), plain);
  KernelVariant sized = variant;
  sized.launches[0].local = {8, 1, 1};
  KernelVariant formatted = variant;
  formatted.inputs[0].storage = Storage::kImage;
  KernelVariant other_macro = variant;
  other_macro.launches[0].kernel.macros["LOG"] = "1";
  KernelVariant in_blocks = variant, in_smaller_blocks = variant;
  in_blocks.outputs[0].layout = Layout::kBlocks16;
  in_smaller_blocks.outputs[0].layout = Layout::kBlocks8;
  EXPECT_NE(VariantId(in_blocks), plain);
  EXPECT_NE(VariantId(in_blocks), VariantId(in_smaller_blocks));
  EXPECT_NE(VariantId(sized), plain);
  EXPECT_NE(VariantId(formatted), plain);
  EXPECT_NE(VariantId(other_macro), plain);
}

}  // namespace
}  // namespace mace
