#include "mace/diagnose/profile.h"

#include <gtest/gtest.h>

namespace mace {
namespace {

constexpr int kConv = 0, kRelu = 1;

// A hand-made plan: upload → conv (two launches) → conversion → relu on the CPU → download.
class ProfileTest : public testing::Test {
 protected:
  void SetUp() override {
    auto graph = std::make_shared<Graph>();
    const ValueId x = AddValue(graph.get(), "x", Shape({1, 4, 4, 8}));
    const ValueId conv = AddValue(graph.get(), "conv", Shape({1, 4, 4, 16}));
    const ValueId relu = AddValue(graph.get(), "relu", Shape({1, 4, 4, 16}));
    const ValueId filter = graph->AddConstant(
        "filter", *HostTensor::Allocate({DType::kFloat32, Shape({16, 8, 1, 1})}));
    AddNode(graph.get(), "Conv2D", {x, filter}, conv);
    AddNode(graph.get(), "Activation", {conv}, relu);
    plan_.placements[kConv].variant = "conv2d_some";
    plan_.tensors.resize(2);
    for (size_t i = 0; i < 2; ++i) {
      plan_.tensors[i].value = i == 0 ? x : conv;
      plan_.tensors[i].info = graph->value(plan_.tensors[i].value).info;
    }
    plan_.bound.graph = graph;
    for (int node : {kConv, kConv, -1}) {
      PlannedLaunch launch;
      launch.node = node;
      launch.launch.kernel.base_name = node < 0 ? "convert_some" : "conv2d_some";
      launch.launch.arguments = {InputArgument(node < 0 ? 1 : 0), OutputArgument(1)};
      plan_.launches.push_back(launch);
    }
  }

  static ValueId AddValue(Graph* graph, const char* name, Shape shape) {
    const ValueId value = graph->AddValue(name);
    graph->value(value).info = {DType::kFloat32, std::move(shape)};
    return value;
  }

  void AddNode(Graph* graph, const char* type, std::vector<ValueId> inputs, ValueId output) {
    Node node;
    node.name = graph->value(output).name;
    node.type = type;
    node.inputs = std::move(inputs);
    node.outputs = {output};
    if (node.type == "Conv2D") {
      node.attributes.Set("strides", std::vector<int64_t>{1, 1});
      node.attributes.Set("padding", int64_t{0});
    } else {
      node.attributes.Set("activation", std::string("RELU"));
    }
    StatusOr<std::shared_ptr<const Op>> op = OpOf(node);
    ASSERT_TRUE(op.ok()) << op.status().message();
    plan_.bound.ops.push_back(*std::move(op));
    plan_.placements.emplace_back();
    graph->nodes.push_back(std::move(node));
  }

  // `begin` and `end`: device times in milliseconds. On the host each step takes 0.25 ms.
  static void AddStep(RunTimes* run, Step step, double begin, double end) {
    StepTimes times;
    times.step = step;
    times.host_begin = run->steps.empty() ? run->begin : run->steps.back().host_end;
    times.host_end = times.host_begin + 0.25;
    times.on_device = end > begin;
    times.device_begin = begin;
    times.device_end = end;
    run->steps.push_back(times);
  }

  // `slower`: milliseconds added to the convolution's first launch.
  static RunTimes MakeRun(double begin, double slower) {
    RunTimes run;
    run.begin = begin;
    using Kind = Step::Kind;
    AddStep(&run, {Kind::kUpload, 0}, begin, begin + 1);
    AddStep(&run, {Kind::kLaunch, 0}, begin + 1.5, begin + 3.5 + slower);
    AddStep(&run, {Kind::kLaunch, 1}, begin + 3.75 + slower, begin + 4 + slower);
    AddStep(&run, {Kind::kLaunch, 2}, begin + 4.5 + slower, begin + 5 + slower);
    AddStep(&run, {Kind::kCpu, kRelu}, 0, 0);
    AddStep(&run, {Kind::kDownload, 1}, begin + 6 + slower, begin + 6.5 + slower);
    run.end = begin + 7 + slower;
    return run;
  }

  Plan plan_;
};

TEST_F(ProfileTest, JoinsTheStepsOfANode) {
  const Profile profile = MakeProfile(plan_, {MakeRun(100, 0)});
  ASSERT_EQ(profile.ops.size(), 5u);
  std::vector<size_t> ops;
  for (const ProfiledStep& step : profile.steps) ops.push_back(step.op);
  EXPECT_EQ(ops, (std::vector<size_t>{0, 1, 1, 2, 3, 4}));
  EXPECT_EQ(profile.steps[3].name, "convert_some");
  const char* const types[] = {"(upload)", "Conv2D", "(conversion)", "Activation", "(download)"};
  for (size_t i = 0; i < 5; ++i) EXPECT_EQ(profile.ops[i].type, types[i]);
  const ProfiledOp& conv = profile.ops[1];
  EXPECT_EQ(conv.name, "conv");
  EXPECT_EQ(conv.variant, "conv2d_some");
  EXPECT_EQ(conv.inputs, "[1, 4, 4, 8]");
  EXPECT_EQ(conv.outputs, "[1, 4, 4, 16]");
  EXPECT_EQ(conv.launches, 2u);
  EXPECT_DOUBLE_EQ(conv.ms, 2.25);
  EXPECT_DOUBLE_EQ(conv.host_ms, 0.5);
  EXPECT_DOUBLE_EQ(conv.flops, 2 * 16 * 16 * 8);
  EXPECT_EQ(profile.ops[2].variant, "convert_some");
  EXPECT_EQ(profile.ops[2].name, "conv");
  // 16 x 16 floats, read once and written once.
  EXPECT_DOUBLE_EQ(profile.ops[2].bytes, 2 * 4 * 256);
}

TEST_F(ProfileTest, ANodeOnTheCpuTakesTheHostsTime) {
  const Profile profile = MakeProfile(plan_, {MakeRun(0, 0)});
  EXPECT_EQ(profile.ops[3].variant, "cpu");
  EXPECT_EQ(profile.ops[3].launches, 0u);
  EXPECT_DOUBLE_EQ(profile.ops[3].ms, 0.25);
}

TEST_F(ProfileTest, IsOfMediansAndAddsUp) {
  const Profile profile = MakeProfile(
      plan_, {MakeRun(0, 9), MakeRun(50, 0), MakeRun(100, 1), MakeRun(150, 2), MakeRun(200, 0.5)});
  EXPECT_DOUBLE_EQ(profile.ops[1].ms, 3.25);
  EXPECT_DOUBLE_EQ(profile.run_ms, 8);
  EXPECT_EQ(profile.shortest, 1u);
  double sum = 0, flops = 0;
  for (const ProfiledOp& op : profile.ops) {
    sum += op.ms;
    flops += op.flops;
  }
  EXPECT_DOUBLE_EQ(profile.ops_ms, sum);
  EXPECT_DOUBLE_EQ(profile.flops, flops);
}

// A gap beside a copy is not counted as idle, because the host waits for the copy.
TEST_F(ProfileTest, IdleIsBetweenLaunchesAlone) {
  const Profile profile = MakeProfile(plan_, {MakeRun(0, 0)});
  EXPECT_DOUBLE_EQ(profile.idle_ms, 0.25 + 0.5);
  EXPECT_DOUBLE_EQ(profile.host_ms, 3 * 0.25);
}

TEST_F(ProfileTest, StagesOfARunAreJoined) {
  const Profile first = MakeProfile(plan_, {MakeRun(0, 0), MakeRun(50, 1)});
  const Profile second = MakeProfile(plan_, {MakeRun(10, 2), MakeRun(60, 0)});
  const Profile whole = JoinProfiles({first, second});
  EXPECT_EQ(whole.stages, 2u);
  ASSERT_EQ(whole.ops.size(), 10u);
  EXPECT_EQ(whole.ops[4].stage, 0u);
  EXPECT_EQ(whole.ops[5].stage, 1u);
  ASSERT_EQ(whole.steps.size(), 12u);
  EXPECT_EQ(whole.steps[6].op, 5u);
  ASSERT_EQ(whole.runs.size(), 2u);
  EXPECT_EQ(whole.runs[0].steps.size(), 12u);
  // From the beginning of the first stage to the end of the second one.
  EXPECT_DOUBLE_EQ(whole.runs[0].end - whole.runs[0].begin, 19);
  EXPECT_DOUBLE_EQ(whole.runs[1].end - whole.runs[1].begin, 17);
  EXPECT_EQ(whole.shortest, 1u);
  EXPECT_DOUBLE_EQ(whole.ops_ms, first.ops_ms + second.ops_ms);
  EXPECT_DOUBLE_EQ(whole.flops, 2 * first.flops);
}

TEST_F(ProfileTest, HalfPrecisionMovesHalfTheBytes) {
  const double whole = MakeProfile(plan_, {MakeRun(0, 0)}).ops[1].bytes;
  plan_.placements[kConv].precision = Precision::kFloat16;
  EXPECT_DOUBLE_EQ(MakeProfile(plan_, {MakeRun(0, 0)}).ops[1].bytes, whole / 2);
}

TEST_F(ProfileTest, HoldsTheTimesOfEachRun) {
  const Profile profile = MakeProfile(plan_, {MakeRun(0, 9), MakeRun(50, 0)});
  ASSERT_EQ(profile.runs.size(), 2u);
  EXPECT_DOUBLE_EQ(profile.runs[1].begin, 50);
  EXPECT_DOUBLE_EQ(profile.runs[1].end, 57);
  ASSERT_EQ(profile.runs[1].steps.size(), profile.steps.size());
  EXPECT_DOUBLE_EQ(profile.runs[1].steps[1].device_begin, 51.5);
  EXPECT_FALSE(profile.runs[1].steps[4].on_device);
}

}  // namespace
}  // namespace mace
