// Whole models: host inputs to host outputs, the launches alone, and a start from a cache file.
//
//   model/NAME/run/PRECISION      Engine::RunInto
//   model/NAME/replay/PRECISION   Engine::Replay: without copies
//   model/NAME/requests/PRECISION Request, three at once; time and GFLOPs are of one run
//   model/NAME/start/PRECISION    Engine::Create and the first run, its programs from a cache file;
//                                 the driver is loaded already, as in an app that opens a second
//                                 model
// NAME: the digits model, and every .onnx and .pb (with its .data) of the folder that
// MACE_BENCHMARK_MODELS names. Counters: GFLOPs on average, launches, device_MB.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "mace/base/files.h"
#include "mace/base/strings.h"
#include "mace/engine/engine.h"
#include "mace/engine/tensor_access.h"
#include "mace/plan/cost.h"
#include "mace/testing/op_tester.h"

namespace mace {
namespace {

struct BenchmarkModel {
  std::string path;
  Options options;
};

std::vector<HostTensor> MakeInputs(const Engine& engine) {
  std::vector<HostTensor> inputs;
  for (const Port& port : engine.inputs()) inputs.push_back(RandomTensor(port.info.shape, 7));
  return inputs;
}

struct Started {
  std::unique_ptr<Engine> engine;
  std::vector<HostTensor> inputs;
  std::vector<HostTensor> outputs;
};

StatusOr<Started> Start(const BenchmarkModel& model) {
  Started started;
  MACE_ASSIGN_OR_RETURN(started.engine, Engine::Create(model.path, model.options));
  started.inputs = MakeInputs(*started.engine);
  MACE_RETURN_IF_ERROR(started.engine->RunInto(started.inputs, &started.outputs));
  return started;
}

void Count(const Engine& engine, benchmark::State* state) {
  double flops = 0;
  const Plan& plan = engine.plan();
  for (size_t node = 0; node < plan.bound.graph->nodes.size(); ++node)
    flops += NodeCost(plan, node).flops;
  state->counters["GFLOPs"] = benchmark::Counter(
      flops * 1e-9 * static_cast<double>(state->iterations()), benchmark::Counter::kIsRate);
  state->counters["launches"] = static_cast<double>(engine.stats().launches_per_run);
  state->counters["device_MB"] = static_cast<double>(engine.stats().peak_device_bytes) / 1e6;
}

// The program's exit code: a benchmark that fails must fail its test too.
int exit_code = 0;

void Fail(const Status& status, benchmark::State* state) {
  state->SkipWithError(status.message().c_str());
  exit_code = 1;
}

void MeasureRun(benchmark::State& state, const BenchmarkModel& model) {
  StatusOr<Started> started = Start(model);
  Status status = started.status();
  for (auto _ : state) {
    if (status.ok()) status = started->engine->RunInto(started->inputs, &started->outputs);
    if (!status.ok()) return Fail(status, &state);
  }
  Count(*started->engine, &state);
}

void MeasureReplay(benchmark::State& state, const BenchmarkModel& model) {
  StatusOr<Started> started = Start(model);
  Status status = started.status();
  for (auto _ : state) {
    if (status.ok()) status = started->engine->Replay().status();
    if (!status.ok()) return Fail(status, &state);
  }
  Count(*started->engine, &state);
}

StatusOr<std::vector<Request>> NewRequests(const Started& started, size_t count) {
  CompiledModel compiled = started.engine->compiled_model();
  std::vector<Request> requests;
  while (requests.size() < count) {
    MACE_ASSIGN_OR_RETURN(Request request, compiled.NewRequest());
    for (size_t i = 0; i < started.inputs.size(); ++i) {
      MACE_RETURN_IF_ERROR(request.Set(i, TensorAccess::FromHost(started.inputs[i])));
    }
    requests.push_back(std::move(request));
  }
  return requests;
}

void MeasureRequests(benchmark::State& state, const BenchmarkModel& model) {
  constexpr size_t kDepth = 3;
  StatusOr<Started> started = Start(model);
  if (!started.ok()) return Fail(started.status(), &state);
  StatusOr<std::vector<Request>> requests = NewRequests(*started, kDepth);
  Status status = requests.status();
  size_t next = 0;
  for (auto _ : state) {
    if (status.ok()) status = (*requests)[next].Wait();
    if (status.ok()) status = (*requests)[next].Start();
    if (!status.ok()) return Fail(status, &state);
    next = (next + 1) % kDepth;
  }
  for (Request& request : *requests) {
    status = request.Wait();
    if (!status.ok()) return Fail(status, &state);
  }
  Count(*started->engine, &state);
}

void MeasureStart(benchmark::State& state, BenchmarkModel model) {
  const char* scratch = std::getenv("TEST_TMPDIR");
  std::string folder = JoinPath(scratch == nullptr ? "/tmp" : scratch, "model_benchmark.XXXXXX");
  if (mkdtemp(folder.data()) == nullptr)
    return Fail(IoError("no folder for the cache file"), &state);
  model.options.cache_path = JoinPath(folder, "cache.bin");
  // Destroyed, the engine has written the file.
  Status status = Start(model).status();
  size_t built = 0;
  for (auto _ : state) {
    StatusOr<Started> started = Start(model);
    status = started.status();
    if (!status.ok()) break;
    built += started->engine->stats().cache.built_from_source;
  }
  if (status.ok() && built > 0) status = Internal("a warm start built a program from source");
  if (!status.ok()) Fail(status, &state);
  std::filesystem::remove_all(folder);
}

std::vector<std::string> FindModels() {
  std::vector<std::string> models = {"models/digits/digits.pb"};
  const char* folder = std::getenv("MACE_BENCHMARK_MODELS");
  if (folder == nullptr) return models;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string path = entry.path().string();
    if (EndsWith(path, ".onnx") || EndsWith(path, ".pb")) models.push_back(path);
  }
  std::sort(models.begin() + 1, models.end());
  return models;
}

using Measured = void (*)(benchmark::State&, const BenchmarkModel&);

void Register(const std::string& path, const char* what, Measured measure) {
  for (const Precision precision : {Precision::kFloat32, Precision::kFloat16}) {
    BenchmarkModel model;
    model.path = path;
    model.options.device = "gpu";
    model.options.precision = precision;
    const std::string name = "model/" + std::filesystem::path(path).stem().string() + "/" + what +
                             (precision == Precision::kFloat16 ? "/fp16" : "/fp32");
    benchmark::RegisterBenchmark(
        name.c_str(), [model, measure](benchmark::State& state) { measure(state, model); })
        ->UseRealTime()
        ->Unit(benchmark::kMillisecond);
  }
}

}  // namespace
}  // namespace mace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  for (const std::string& model : mace::FindModels()) {
    mace::Register(model, "run", mace::MeasureRun);
    mace::Register(model, "replay", mace::MeasureReplay);
    mace::Register(model, "requests", mace::MeasureRequests);
    mace::Register(model, "start", [](benchmark::State& state, const mace::BenchmarkModel& warm) {
      mace::MeasureStart(state, warm);
    });
  }
  benchmark::RunSpecifiedBenchmarks();
  return mace::exit_code;
}
