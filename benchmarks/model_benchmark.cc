// Whole models: host inputs to host outputs, the launches alone, and a start from a cache file.
//
//   model/NAME/run/PRECISION      Request::Run
//   model/NAME/replay/PRECISION   ReplayLaunches, without copies
//   model/NAME/requests/PRECISION three requests at once; time and GFLOPs are of one run
//   model/NAME/start/PRECISION    CompiledModel::Load and the first run, with programs from a cache
//                                 file. The driver is already loaded, as in an app that opens a
//                                 second model.
//
// NAME: the digits model, and every .onnx and .pb (with its .data) in the folder
// MACE_BENCHMARK_MODELS. Counters: GFLOPs on average, launches, device_MB.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "mace/base/files.h"
#include "mace/base/strings.h"
#include "mace/diagnose.h"
#include "mace/mace.h"

namespace mace {
namespace {

struct BenchmarkModel {
  std::string path;
  CompileOptions options;
};

// Seeded floats.
StatusOr<Tensor> MakeInput(const std::vector<int64_t>& dims) {
  MACE_ASSIGN_OR_RETURN(Tensor input, Tensor::Allocate(DType::kFloat32, dims));
  float* const floats = input.mutable_data<float>();
  std::mt19937 generator(7);
  std::uniform_real_distribution<float> uniform(-1, 1);
  for (int64_t i = 0; i < input.elements(); ++i) floats[i] = uniform(generator);
  return input;
}

StatusOr<Request> NewRequest(CompiledModel* compiled) {
  MACE_ASSIGN_OR_RETURN(Request request, compiled->NewRequest());
  const std::vector<std::vector<int64_t>> dims = compiled->statistics().input_dims;
  for (size_t i = 0; i < dims.size(); ++i) {
    MACE_ASSIGN_OR_RETURN(Tensor input, MakeInput(dims[i]));
    MACE_RETURN_IF_ERROR(request.Set(i, std::move(input)));
  }
  return request;
}

// A compiled model and a request that has run.
struct Started {
  CompiledModel compiled;
  Request request;
};

StatusOr<Started> Start(const BenchmarkModel& model) {
  Started started;
  MACE_ASSIGN_OR_RETURN(started.compiled,
                        CompiledModel::Load(model.path, LoadOptions(), model.options));
  MACE_ASSIGN_OR_RETURN(started.request, NewRequest(&started.compiled));
  MACE_RETURN_IF_ERROR(started.request.Run());
  return started;
}

void Count(Started* started, benchmark::State* state) {
  const StatusOr<ModelReport> report = ReportModel(&started->request);
  const double flops = report.ok() ? report->flops : 0;
  const Statistics statistics = started->compiled.statistics();
  state->counters["GFLOPs"] = benchmark::Counter(
      flops * 1e-9 * static_cast<double>(state->iterations()), benchmark::Counter::kIsRate);
  state->counters["launches"] = static_cast<double>(statistics.launches_per_run);
  state->counters["device_MB"] = static_cast<double>(statistics.peak_device_bytes) / 1e6;
}

// The exit code: a benchmark that fails must also fail its test.
int exit_code = 0;

void Fail(const Status& status, benchmark::State* state) {
  state->SkipWithError(status.message().c_str());
  exit_code = 1;
}

void MeasureRun(benchmark::State& state, const BenchmarkModel& model) {
  StatusOr<Started> started = Start(model);
  Status status = started.status();
  for (auto _ : state) {
    if (status.ok()) status = started->request.Run();
    if (!status.ok()) return Fail(status, &state);
  }
  Count(&*started, &state);
}

void MeasureReplay(benchmark::State& state, const BenchmarkModel& model) {
  StatusOr<Started> started = Start(model);
  Status status = started.status();
  for (auto _ : state) {
    if (status.ok()) status = ReplayLaunches(&started->request).status();
    if (!status.ok()) return Fail(status, &state);
  }
  Count(&*started, &state);
}

void MeasureRequests(benchmark::State& state, const BenchmarkModel& model) {
  constexpr size_t kDepth = 3;
  StatusOr<Started> started = Start(model);
  if (!started.ok()) return Fail(started.status(), &state);
  std::vector<Request> requests;
  Status status;
  while (status.ok() && requests.size() < kDepth) {
    StatusOr<Request> request = NewRequest(&started->compiled);
    status = request.status();
    if (status.ok()) requests.push_back(*std::move(request));
  }
  size_t next = 0;
  for (auto _ : state) {
    if (status.ok()) status = requests[next].Wait();
    if (status.ok()) status = requests[next].Start();
    if (!status.ok()) return Fail(status, &state);
    next = (next + 1) % kDepth;
  }
  for (Request& request : requests) {
    status = request.Wait();
    if (!status.ok()) return Fail(status, &state);
  }
  Count(&*started, &state);
}

Status FillCache(const BenchmarkModel& model) {
  MACE_ASSIGN_OR_RETURN(Started started, Start(model));
  return started.compiled.SaveCache();
}

void MeasureStart(benchmark::State& state, BenchmarkModel model) {
  const char* scratch = std::getenv("TEST_TMPDIR");
  std::string folder = JoinPath(scratch == nullptr ? "/tmp" : scratch, "model_benchmark.XXXXXX");
  if (mkdtemp(folder.data()) == nullptr)
    return Fail(IoError("no folder for the cache file"), &state);
  model.options.cache.path = JoinPath(folder, "cache.bin");
  model.options.cache.save_after_first_run = false;
  Status status = FillCache(model);
  size_t built = 0;
  for (auto _ : state) {
    StatusOr<Started> started = Start(model);
    status = started.status();
    if (!status.ok()) break;
    built += started->compiled.statistics().cache.built_from_source;
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
  using Precision = CompileOptions::Precision;
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
