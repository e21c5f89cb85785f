// Measures how the time of import, passes, planning and the cache file grows with the size of a
// model. The table has a line for each part and each shape of model: milliseconds of processor time
// at each size n, and the exponent e of a growth as n^e over the last two doublings. A growth of n
// log n has an e of 1.1, one of n squared an e of 2.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>

#include "benchmarks/growth_models.h"
#include "mace/base/atomic_file.h"
#include "mace/base/files.h"
#include "mace/cache/encoder.h"
#include "mace/cache/store.h"
#include "mace/cache/verify.h"
#include "mace/passes/infer_shapes.h"
#include "mace/passes/pass.h"
#include "mace/plan/plan.h"
#include "mace/testing/cache/sample.h"
#include "mace/testing/fake_gpu.h"

namespace mace {
namespace {

constexpr int kSmallest = 1000;
constexpr int kRepetitions = 3;  // The fastest counts, because a busy host only adds time.

// 32,000, unless the environment has another number.
int Largest() {
  const char* given = std::getenv("MACE_GROWTH_LARGEST");
  return given == nullptr ? 32000 : std::atoi(given);
}

int Size(const benchmark::State& state) { return static_cast<int>(state.range(0)); }

// Returns whether `status` is OK; if not, the benchmark fails.
bool Check(const Status& status, benchmark::State* state) {
  if (!status.ok()) state->SkipWithError(status.message().c_str());
  return status.ok();
}

void MeasureImport(benchmark::State& state, GrowthFormat format, const std::string& shape) {
  const GrowthModel model = MakeGrowthModel(format, shape, Size(state));
  for (auto _ : state) {
    if (!Check(model.Import().status(), &state)) return;
  }
}

StatusOr<std::shared_ptr<Graph>> ImportShape(const std::string& shape, int size) {
  return MakeGrowthModel(GrowthFormat::kMace, shape, size).Import();
}

// The passes in the engine's order.
Status InferAndPass(Graph* graph) {
  MACE_RETURN_IF_ERROR(InferShapes(graph, {}));
  return RunPasses(graph, true);
}

void MeasurePasses(benchmark::State& state, const std::string& shape) {
  const StatusOr<std::shared_ptr<Graph>> imported = ImportShape(shape, Size(state));
  if (!Check(imported.status(), &state)) return;
  for (auto _ : state) {
    Graph graph = **imported;
    if (!Check(InferAndPass(&graph), &state)) return;
  }
}

// The graph is planned as it was imported, because passes would remove nodes.
void MeasurePlan(benchmark::State& state, const std::string& shape, const DeviceInfo* device) {
  const StatusOr<std::shared_ptr<Graph>> graph = ImportShape(shape, Size(state));
  if (!Check(graph.status(), &state) || !Check(InferShapes(graph->get(), {}), &state)) return;
  for (auto _ : state) {
    if (!Check(MakePlan(*graph, device, PlanOptions()).status(), &state)) return;
  }
}

// A cache file with so many programs and so many tuning records, removed at the end.
class CacheFixture {
 public:
  explicit CacheFixture(int size) {
    const char* parent = std::getenv("TEST_TMPDIR");
    folder_ = JoinPath(parent != nullptr ? parent : "/tmp", "growth_benchmark.XXXXXX");
    if (mkdtemp(folder_.data()) == nullptr) std::abort();
    path_ = JoinPath(folder_, kCacheFileName);
    CacheContents contents;
    contents.generation = 1;
    for (int i = 0; i < size; ++i) {
      contents.programs.push_back(SampleProgram(i));
      contents.tuning.push_back({SampleDevice(), "key " + std::to_string(i), "value", 1});
      keys_.push_back(contents.programs.back().key);
    }
    const auto encoded = EncodedCacheFile::Encode(contents, std::nullopt);
    if (!encoded.ok() || !WriteFileAtomic(path_, encoded->Pieces(), 0600).ok()) std::abort();
  }
  ~CacheFixture() {
    unlink(path_.c_str());
    unlink((path_ + ".lock").c_str());
    rmdir(folder_.c_str());
  }
  const std::string& path() const { return path_; }
  const std::vector<Sha256Digest>& keys() const { return keys_; }

 private:
  std::string folder_, path_;
  std::vector<Sha256Digest> keys_;
};

void MeasureVerify(benchmark::State& state) {
  const CacheFixture fixture(Size(state));
  for (auto _ : state) {
    if (!Check(VerifyCacheFile(fixture.path()), &state)) return;
  }
}

// Opens the file and finds every program and every record in it.
void MeasureRead(benchmark::State& state) {
  const CacheFixture fixture(Size(state));
  for (auto _ : state) {
    const auto store = CacheStore::Open(fixture.path());
    for (int i = 0; i < Size(state); ++i) {
      const auto program = store->FindProgram(fixture.keys()[static_cast<size_t>(i)]);
      if (!Check(program.status(), &state)) return;
      if (store->FindTuning(SampleDevice(), "key " + std::to_string(i)).has_value()) continue;
      state.SkipWithError("a tuning record is missing");
      return;
    }
  }
}

// Adds one program: the file is read, merged and written.
void MeasureAdd(benchmark::State& state) {
  const CacheFixture fixture(Size(state));
  for (auto _ : state) {
    const auto store = CacheStore::Open(fixture.path());
    if (!Check(store->AddProgram(SampleProgram(-1)), &state)) return;
    if (!Check(store->Flush(), &state)) return;
  }
}

// Prints the table and counts failures.
class TableReporter : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override {
    std::printf("%-28s", "milliseconds at size");
    for (int size = kSmallest; size <= Largest(); size *= 2) std::printf("%9d", size);
    std::printf("  exponent\n");
    return true;
  }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.run_type != Run::RT_Iteration) continue;
      if (run.error_occurred) {
        std::printf("%s: %s\n", run.benchmark_name().c_str(), run.error_message.c_str());
        failed_ = true;
        continue;
      }
      if (run.run_name.function_name != name_) Flush();
      name_ = run.run_name.function_name;
      const int size = std::atoi(run.run_name.args.c_str());
      const double ms = run.cpu_accumulated_time / static_cast<double>(run.iterations) * 1e3;
      const auto [place, is_new] = fastest_.emplace(size, ms);
      if (!is_new) place->second = std::min(place->second, ms);
    }
  }
  void Finalize() override { Flush(); }
  bool failed() const { return failed_; }

 private:
  void Flush() {
    if (fastest_.empty()) return;
    std::printf("%-28s", name_.c_str());
    for (int size = kSmallest; size <= Largest(); size *= 2) {
      const auto found = fastest_.find(size);
      found == fastest_.end() ? std::printf("%9s", "") : std::printf("%9.2f", found->second);
    }
    const auto last = std::prev(fastest_.end());
    const auto before = fastest_.find(last->first / 4);
    if (before != fastest_.end()) {
      std::printf("%10.2f", std::log2(last->second / before->second) / 2);
    }
    std::printf("\n");
    std::fflush(stdout);
    fastest_.clear();
  }

  std::string name_;
  std::map<int, double> fastest_;  // By size.
  bool failed_ = false;
};

template <typename Measure>
void Register(const std::string& part, const std::string& shape, Measure measure) {
  const std::string name = "growth_" + part + "_" + shape;
  auto* registered = benchmark::RegisterBenchmark(name.c_str(), measure);
  for (int size = kSmallest; size <= Largest(); size *= 2) registered->Arg(size);
  registered->Iterations(1)->Repetitions(kRepetitions)->MeasureProcessCPUTime();
}

const DeviceInfo* PlannedDevice() {
  static const DeviceInfo* const kDevice = [] {
    auto* device = new DeviceInfo(FakeH100());
    device->max_allocation_bytes = uint64_t{1} << 36;
    return device;
  }();
  return kDevice;
}

void RegisterAll() {
  for (GrowthFormat format :
       {GrowthFormat::kMace, GrowthFormat::kTensorFlow, GrowthFormat::kOnnx}) {
    for (const GrowthShape& shape : GrowthShapes()) {
      if (!shape.Has(format)) continue;
      Register(GrowthFormatName(format), shape.name,
               [=](benchmark::State& state) { MeasureImport(state, format, shape.name); });
    }
  }
  for (const GrowthShape& shape : GrowthShapes()) {
    if (!shape.mace) continue;
    Register("passes", shape.name,
             [=](benchmark::State& state) { MeasurePasses(state, shape.name); });
    Register("plan_cpu", shape.name,
             [=](benchmark::State& state) { MeasurePlan(state, shape.name, nullptr); });
    Register("plan_gpu", shape.name,
             [=](benchmark::State& state) { MeasurePlan(state, shape.name, PlannedDevice()); });
  }
  Register("cache", "verify", MeasureVerify);
  Register("cache", "read", MeasureRead);
  Register("cache", "add", MeasureAdd);
}

}  // namespace
}  // namespace mace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  mace::RegisterAll();
  mace::TableReporter reporter;
  benchmark::RunSpecifiedBenchmarks(&reporter);
  return reporter.failed() ? 1 : 0;
}
