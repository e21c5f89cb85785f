// Each op alone, in shapes of known networks, run by the planner's choice on the best device.
//
//   op/TYPE/WHAT
//
// Each benchmark is a model of one node. The time is that of its launches, including conversions of
// its input and output, without copies (ReplayLaunches). Counters: GFLOPs and GBs of the op's least
// work (Op::EstimateCost), launches.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "mace/diagnose.h"
#include "mace/engine/model_state.h"
#include "mace/engine/tensor_access.h"
#include "mace/testing/op_tester.h"

namespace mace {
namespace {

using Ints = std::vector<int64_t>;

struct OpCase {
  const char* type;
  const char* what;
  std::vector<Ints> inputs;
  std::vector<Ints> constants;
  std::vector<std::pair<const char*, Attribute>> attributes;
};

std::vector<OpCase> AllCases() {
  const Attribute one = Ints{1, 1}, two = Ints{2, 2}, same = int64_t{1}, valid = int64_t{0};
  return {
      {"Conv2D",
       "3x3 64to64 56x56",
       {{1, 56, 56, 64}},
       {{64, 64, 3, 3}, {64}},
       {{"strides", one}, {"padding", same}}},
      {"Conv2D",
       "1x1 96to576 14x14",
       {{1, 14, 14, 96}},
       {{576, 96, 1, 1}, {576}},
       {{"strides", one}, {"padding", same}}},
      {"Conv2D",
       "7x7s2 3to64 224x224",
       {{1, 224, 224, 3}},
       {{64, 3, 7, 7}, {64}},
       {{"strides", two}, {"padding", same}}},
      {"DepthwiseConv2d",
       "3x3 144 56x56",
       {{1, 56, 56, 144}},
       {{1, 144, 3, 3}, {144}},
       {{"strides", one}, {"padding", same}}},
      {"DepthwiseConv2d",
       "5x5s2 240 28x28",
       {{1, 28, 28, 240}},
       {{1, 240, 5, 5}, {240}},
       {{"strides", two}, {"padding", same}}},
      {"MatMul", "1x1280 by 1280x1000", {{1, 1280}}, {{1280, 1000}}, {}},
      {"MatMul", "512x512 by 512x512", {{512, 512}}, {{512, 512}}, {}},
      {"Pooling",
       "max 3x3s2 64 112x112",
       {{1, 112, 112, 64}},
       {},
       {{"pooling_type", int64_t{2}},
        {"kernels", Ints{3, 3}},
        {"strides", two},
        {"padding", same}}},
      {"Pooling",
       "average 7x7 1280",
       {{1, 7, 7, 1280}},
       {},
       {{"pooling_type", int64_t{1}},
        {"kernels", Ints{7, 7}},
        {"strides", one},
        {"padding", valid}}},
      {"Softmax", "1000", {{1, 1000}}, {}, {}},
      {"Softmax", "21 of 128x128", {{1, 128, 128, 21}}, {}, {}},
      {"Eltwise",
       "sum 256 56x56",
       {{1, 56, 56, 256}, {1, 56, 56, 256}},
       {},
       {{"type", int64_t{0}}}},
      {"Activation",
       "relu 256 56x56",
       {{1, 56, 56, 256}},
       {},
       {{"activation", std::string("RELU")}}},
      {"Activation",
       "sigmoid 256 56x56",
       {{1, 56, 56, 256}},
       {},
       {{"activation", std::string("SIGMOID")}}},
      {"BatchNorm", "256 56x56", {{1, 56, 56, 256}}, {{256}, {256}}, {}},
      {"Concat",
       "2 of 128 28x28",
       {{1, 28, 28, 128}, {1, 28, 28, 128}},
       {},
       {{"axis", int64_t{3}}}},
      {"Transpose", "NHWC to NCHW 64 56x56", {{1, 56, 56, 64}}, {}, {{"dims", Ints{0, 3, 1, 2}}}},
      {"ChannelShuffle", "116 28x28", {{1, 28, 28, 116}}, {}, {{"group", int64_t{2}}}},
      {"ResizeBilinear", "64 28x28 to 56x56", {{1, 28, 28, 64}}, {}, {{"size", Ints{56, 56}}}},
      {"Reduce",
       "mean 1280 7x7",
       {{1, 7, 7, 1280}},
       {},
       {{"reduce_type", int64_t{0}}, {"axis", Ints{1, 2}}, {"keepdims", int64_t{1}}}},
  };
}

std::shared_ptr<const Graph> MakeGraph(const OpCase& op) {
  auto graph = std::make_shared<Graph>();
  graph->name = op.type;
  Node node;
  node.name = node.type = op.type;
  uint32_t seed = 0;
  for (const Ints& shape : op.inputs) {
    const ValueId value = graph->AddValue("input" + std::to_string(++seed));
    graph->value(value).info = {DType::kFloat32, Shape(shape)};
    graph->value(value).shape_known = true;
    IoInfo io;
    io.name = graph->value(value).name;
    io.value = value;
    io.declared_dims = shape;
    graph->inputs.push_back(io);
    node.inputs.push_back(value);
  }
  for (const Ints& shape : op.constants) {
    ++seed;
    node.inputs.push_back(graph->AddConstant("constant" + std::to_string(seed),
                                             RandomTensor(Shape(shape), seed, 0.1f, 1.0f)));
  }
  for (const auto& [name, value] : op.attributes) node.attributes.Set(name, value);
  IoInfo output;
  output.name = "output";
  output.value = graph->AddValue("output");
  node.outputs = {output.value};
  graph->outputs.push_back(output);
  graph->nodes.push_back(std::move(node));
  return graph;
}

// A compiled model and a request that has run.
struct Started {
  CompiledModel compiled;
  Request request;
};

StatusOr<Started> Start(const OpCase& op) {
  CompileOptions options;
  options.device = "gpu";
  options.allow_cpu_fallback = false;
  Started started;
  MACE_ASSIGN_OR_RETURN(started.compiled,
                        CompiledModel::Compile(ModelAccess::FromGraph(MakeGraph(op)), options));
  MACE_ASSIGN_OR_RETURN(started.request, started.compiled.NewRequest());
  for (size_t i = 0; i < op.inputs.size(); ++i) {
    MACE_RETURN_IF_ERROR(
        started.request.Set(i, TensorAccess::FromHost(RandomTensor(Shape(op.inputs[i]), 7))));
  }
  MACE_RETURN_IF_ERROR(started.request.Run());
  return started;
}

// The exit code: a benchmark that fails must also fail its test.
int exit_code = 0;

void Fail(const Status& status, benchmark::State* state) {
  state->SkipWithError(status.message().c_str());
  exit_code = 1;
}

void Measure(benchmark::State& state, const OpCase& op) {
  StatusOr<Started> started = Start(op);
  if (!started.ok()) return Fail(started.status(), &state);
  double seconds = 0;
  for (auto _ : state) {
    const StatusOr<double> milliseconds = ReplayLaunches(&started->request);
    if (!milliseconds.ok()) return Fail(milliseconds.status(), &state);
    state.SetIterationTime(*milliseconds / 1e3);
    seconds += *milliseconds / 1e3;
  }
  const StatusOr<ModelReport> report = ReportModel(&started->request);
  if (!report.ok()) return Fail(report.status(), &state);
  const double times = static_cast<double>(state.iterations());
  state.counters["GFLOPs"] = report->flops * times / seconds / 1e9;
  state.counters["GBs"] = report->bytes * times / seconds / 1e9;
  state.counters["launches"] = static_cast<double>(started->compiled.statistics().launches_per_run);
}

}  // namespace
}  // namespace mace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  for (const mace::OpCase& op : mace::AllCases()) {
    const std::string name = std::string("op/") + op.type + "/" + op.what;
    benchmark::RegisterBenchmark(name.c_str(),
                                 [op](benchmark::State& state) { mace::Measure(state, op); })
        ->UseManualTime()
        ->Unit(benchmark::kMicrosecond);
  }
  benchmark::RunSpecifiedBenchmarks();
  return mace::exit_code;
}
