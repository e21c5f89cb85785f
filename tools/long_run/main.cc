// Runs models for as long as it is told and fails if the process grows (workload.h, growth.h).
// tools/endurance makes the models and calls this program.
//
// usage: long_run [--inferences N] [--per-load N] [--plant-leak KIND] MODEL...
// Exit code 0: nothing grows; 1: something grows, or a run failed; 2: wrong usage.
#include <stdlib.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "mace/mace.h"
#include "tools/long_run/growth.h"
#include "tools/long_run/process_usage.h"
#include "tools/long_run/workload.h"

namespace long_run {
namespace {

constexpr double kMiB = 1024.0 * 1024.0;

struct Settings {
  uint64_t inferences = 100000;
  uint64_t per_load = 50;
  std::string leak = "none";
  std::vector<std::string> models;
};

const std::map<std::string, PlantedLeak> kLeaks = {{"none", PlantedLeak::kNone},
                                                   {"memory", PlantedLeak::kMemory},
                                                   {"files", PlantedLeak::kFiles},
                                                   {"threads", PlantedLeak::kThreads},
                                                   {"device-memory", PlantedLeak::kDeviceMemory}};

// A quantity over time, one sample a load.
struct Series {
  const char* name;
  const char* unit;
  double divisor;  // What makes the unit of a sample.
  GrowthBound bound;
  std::vector<double> samples = {};
};

// README.md says where the bounds come from.
std::vector<Series> MakeSeries() {
  return {{"resident memory", "MiB", kMiB, {8 * kMiB, 0.04}},
          {"memory on the device", "MiB", kMiB, {0, 0.25}},
          {"threads", "", 1, {2, 0}},
          {"open files", "", 1, {2, 0}}};
}

// The mean of each round of loads: the loads of a round differ, the rounds do not.
std::vector<double> MeansOfRounds(const std::vector<double>& samples, size_t round) {
  std::vector<double> means;
  for (size_t begin = 0; begin + round <= samples.size(); begin += round) {
    double sum = 0;
    for (size_t i = begin; i < begin + round; ++i) sum += samples[i];
    means.push_back(sum / static_cast<double>(round));
  }
  return means;
}

class LongRun {
 public:
  LongRun(const Settings& settings, Workload* workload)
      : settings_(settings), workload_(*workload), series_(MakeSeries()) {}

  mace::Status Run() {
    std::printf("%10s %8s %8s %10s %12s %8s %6s\n", "inferences", "loads", "seconds", "MiB in RAM",
                "MiB, device", "threads", "files");
    while (workload_.counts().inferences < settings_.inferences) {
      uint64_t device_bytes = 0;
      MACE_RETURN_IF_ERROR(workload_.LoadRunUnload(settings_.per_load, &device_bytes));
      MACE_ASSIGN_OR_RETURN(const ProcessUsage usage, ReadProcessUsage());
      series_[0].samples.push_back(static_cast<double>(usage.resident_bytes));
      series_[1].samples.push_back(static_cast<double>(device_bytes));
      series_[2].samples.push_back(static_cast<double>(usage.threads));
      series_[3].samples.push_back(static_cast<double>(usage.open_files));
      if (workload_.counts().inferences * 20 / settings_.inferences > lines_) Print();
    }
    return mace::Status();
  }

  // kInternal, with the names, if something grows.
  mace::Status Judge() const {
    const Counts& counts = workload_.counts();
    std::printf(
        "%llu inferences of %llu loads: %llu asynchronous, %llu cancelled, %llu without "
        "time, %llu of other dims\n",
        Number(counts.inferences), Number(counts.loads), Number(counts.asynchronous),
        Number(counts.cancelled), Number(counts.late), Number(counts.other_dims));
    std::string growing;
    for (const Series& series : series_) {
      MACE_ASSIGN_OR_RETURN(const Growth growth,
                            JudgeGrowth(MeansOfRounds(series.samples, Round()), series.bound));
      std::printf("%s: fitted growth %+.2f, rise %+.2f, allowed %.2f %s: %s\n", series.name,
                  growth.fitted / series.divisor, growth.rise / series.divisor,
                  growth.allowed / series.divisor, series.unit, growth.grows ? "GROWS" : "steady");
      if (growth.grows) growing += (growing.empty() ? "" : ", ") + std::string(series.name);
    }
    return growing.empty() ? mace::Status() : mace::Internal("grows: " + growing);
  }

 private:
  static unsigned long long Number(uint64_t number) { return number; }

  // Whole rounds where there are enough of them for a judgement.
  size_t Round() const {
    const size_t loads = series_[0].samples.size(), whole = workload_.loads_of_a_round();
    return loads / whole >= kMinSamples ? whole : std::max<size_t>(1, loads / kMinSamples);
  }

  void Print() {
    ++lines_;
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin_;
    std::printf("%10llu %8llu %8.1f %10.1f %12.2f %8.0f %6.0f\n",
                Number(workload_.counts().inferences), Number(workload_.counts().loads),
                time.count(), series_[0].samples.back() / kMiB, series_[1].samples.back() / kMiB,
                series_[2].samples.back(), series_[3].samples.back());
    std::fflush(stdout);
  }

  const Settings& settings_;
  Workload& workload_;
  std::vector<Series> series_;
  uint64_t lines_ = 0;
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

mace::Status RunAll(const Settings& settings, const std::string& folder) {
  std::vector<TestedModel> models;
  for (const std::string& path : settings.models) {
    MACE_ASSIGN_OR_RETURN(TestedModel model, MakeTestedModel(path));
    models.push_back(std::move(model));
  }
  Workload workload(std::move(models), folder, kLeaks.at(settings.leak));
  const uint64_t fewest = kMinSamples * settings.per_load;
  if (settings.inferences < fewest) {
    return mace::InvalidArgument("--inferences: expected at least " + std::to_string(fewest) +
                                 ", which is 20 times --per-load, found " +
                                 std::to_string(settings.inferences));
  }
  LongRun run(settings, &workload);
  MACE_RETURN_IF_ERROR(run.Run());
  return run.Judge();
}

int Main(int argc, char** argv) {
  Settings settings;
  CLI::App app("Runs models for long and fails if the process grows.");
  app.add_option("--inferences", settings.inferences, "how many inferences in all")
      ->check(CLI::PositiveNumber);
  app.add_option("--per-load", settings.per_load, "how many of them after each load")
      ->check(CLI::PositiveNumber);
  app.add_option("--plant-leak", settings.leak, "leaks a resource with each load, for the test")
      ->check(CLI::IsMember(kLeaks));
  app.add_option("model", settings.models, "models in any format")->required();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  std::string folder = (std::filesystem::temp_directory_path() / "long_run.XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) {
    std::fprintf(stderr, "long_run: %s: no folder can be made\n", folder.c_str());
    return 1;
  }
  const mace::Status status = RunAll(settings, folder);
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  if (!status.ok()) std::fprintf(stderr, "long_run: %s\n", status.message().c_str());
  return status.ok() ? 0 : status.code() == mace::StatusCode::kInvalidArgument ? 2 : 1;
}

}  // namespace
}  // namespace long_run

int main(int argc, char** argv) { return long_run::Main(argc, argv); }
