#include "mace/plan/host_lifetimes.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace mace {
namespace {

// A graph that is planned and never run, with values of `floats` elements.
struct MadeGraph {
  std::shared_ptr<Graph> graph = std::make_shared<Graph>();

  ValueId Value(const std::string& name, int64_t floats) {
    const ValueId id = graph->AddValue(name);
    graph->value(id).info = {DType::kFloat32, Shape({floats})};
    graph->value(id).shape_known = true;
    return id;
  }
  void Node(const std::vector<ValueId>& inputs, const std::vector<ValueId>& outputs) {
    mace::Node node;
    node.name = "node" + std::to_string(graph->nodes.size());
    node.inputs = inputs;
    node.outputs = outputs;
    graph->nodes.push_back(node);
  }
  static void AddIo(ValueId value, std::vector<IoInfo>* infos) {
    IoInfo io;
    io.name = "io" + std::to_string(infos->size());
    io.value = value;
    infos->push_back(io);
  }
  // A plan for the CPU.
  Plan MakePlan() const {
    Plan plan;
    plan.bound.graph = graph;
    for (size_t n = 0; n < graph->nodes.size(); ++n) {
      plan.steps.push_back({Step::Kind::kCpu, static_cast<int>(n)});
    }
    return plan;
  }
};

// x -> a -> b -> y with 1, 100, 10 and 1000 elements.
MadeGraph Chain() {
  MadeGraph made;
  const ValueId x = made.Value("x", 1), a = made.Value("a", 100), b = made.Value("b", 10),
                y = made.Value("y", 1000);
  made.Node({x}, {a});
  made.Node({a}, {b});
  made.Node({b}, {y});
  MadeGraph::AddIo(x, &made.graph->inputs);
  MadeGraph::AddIo(y, &made.graph->outputs);
  return made;
}

TEST(HostLifetimesTest, ValuesDieAfterTheirLastReader) {
  const HostLifetimes lifetimes = FindHostLifetimes(*Chain().graph);
  EXPECT_TRUE(lifetimes.has_cpu_nodes);
  EXPECT_EQ((std::vector<std::vector<ValueId>>{{}, {1}, {2}}), lifetimes.dead_after);
  EXPECT_EQ((std::vector<int>{-1, -1, -1, 0}), lifetimes.direct_output);
  EXPECT_TRUE(lifetimes.copied_outputs.empty());
}

TEST(HostLifetimesTest, MemoryIsThePeakAndNotTheSum) {
  const HostMemoryUse use = HostMemoryOf(Chain().MakePlan());
  EXPECT_EQ(4u, use.inputs);
  EXPECT_EQ(4000u, use.outputs);
  EXPECT_EQ(0u, use.constants);
  EXPECT_EQ(440u, use.values);  // The output lies in the caller's tensor.
  EXPECT_EQ(4444u, use.total());
}

TEST(HostLifetimesTest, AnUnreadOutputOfANodeDiesAtOnce) {
  MadeGraph made = Chain();
  made.graph->nodes[0].outputs.push_back(made.Value("unread", 7));
  EXPECT_EQ((std::vector<ValueId>{1 + 3}), FindHostLifetimes(*made.graph).dead_after[0]);
  EXPECT_EQ(440u, HostMemoryOf(made.MakePlan()).values);
}

TEST(HostLifetimesTest, WhatIsNotMadeInPlaceIsCopied) {
  MadeGraph made = Chain();
  MadeGraph::AddIo(0, &made.graph->outputs);  // An input,
  MadeGraph::AddIo(3, &made.graph->outputs);  // an output that is listed twice,
  const ValueId constant = made.graph->AddConstant(
      "constant", HostTensor::FromVector<uint16_t>(DType::kFloat16, Shape({2}), {1, 2}));
  MadeGraph::AddIo(constant, &made.graph->outputs);  // a constant.
  const HostLifetimes lifetimes = FindHostLifetimes(*made.graph);
  EXPECT_EQ((std::vector<int>{1, 2, 3}), lifetimes.copied_outputs);
  EXPECT_EQ(0, lifetimes.direct_output[3]);
  EXPECT_EQ(8u, HostMemoryOf(made.MakePlan()).constants) << "halves are read as floats";
}

TEST(HostLifetimesTest, DownloadsThatAreReadStay) {
  MadeGraph made = Chain();
  Plan plan = made.MakePlan();
  // The first two nodes run on the device, and b is downloaded for the third.
  DeviceTensor tensor;
  tensor.value = 2;
  tensor.info = made.graph->value(2).info;
  plan.tensors.push_back(tensor);
  plan.steps = {{Step::Kind::kLaunch, 0}, {Step::Kind::kDownload, 0}, {Step::Kind::kCpu, 2}};
  const HostLifetimes lifetimes = FindHostLifetimes(plan);
  EXPECT_EQ((std::vector<ValueId>{2}), lifetimes.kept_downloads);
  EXPECT_EQ(40u, HostMemoryOf(plan).values);
  // An output that no node on the CPU reads is downloaded directly into the caller's tensor.
  plan.steps = {{Step::Kind::kLaunch, 0}, {Step::Kind::kDownload, 0}};
  made.graph->outputs[0].value = 2;
  EXPECT_TRUE(FindHostLifetimes(plan).kept_downloads.empty());
  EXPECT_EQ(0, FindHostLifetimes(plan).direct_output[2]);
  EXPECT_FALSE(FindHostLifetimes(plan).has_cpu_nodes);
}

TEST(HostLifetimesTest, SlicesOfABatchShareAllButInputsAndOutputs) {
  Plan plan = Chain().MakePlan();
  plan.batch_slices = 3;
  const HostMemoryUse use = HostMemoryOf(plan);
  EXPECT_EQ(12u, use.inputs);
  EXPECT_EQ(12000u, use.outputs);
  EXPECT_EQ(440u, use.values);
}

TEST(HostLifetimesTest, SumsThatAreTooLargeSaturate) {
  MadeGraph made = Chain();
  for (int i = 0; i < 8; ++i) {
    const ValueId huge = made.Value("huge" + std::to_string(i), int64_t{1} << 59);
    made.graph->nodes[0].outputs.push_back(huge);
    made.graph->nodes[2].inputs.push_back(huge);
  }
  EXPECT_EQ(UINT64_MAX, HostMemoryOf(made.MakePlan()).total());
}

}  // namespace
}  // namespace mace
